package plan

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/strictyaml"
)

// Output is what enriched records hold, where they go, and how.
type Output struct {
	Topic     string `json:"topic"`
	Delivery  string `json:"delivery"`
	Shape     string `json:"shape,omitempty"` // empty: Value says what records hold
	Partition string `json:"partition"`
	Format    string `json:"format"`
	// Value is the tree of expressions: objects, lists, and expressions as strings.
	Value any `json:"value,omitempty"`
	// Key is the expression of the key, null for none; nil where records have the input's.
	Key     *string  `json:"key,omitempty"`
	Headers []Header `json:"headers,omitempty"`
	ForEach string   `json:"for_each,omitempty"`
	Routes  []Route  `json:"routes,omitempty"`
}

// Header is a header that is added to records.
type Header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Route says where records go for which a condition holds.
type Route struct {
	When  string `json:"when"`
	Topic string `json:"topic,omitempty"` // empty: they are dropped
	Drop  bool   `json:"drop,omitempty"`
}

func outputOf(f *pipelinefile.File) Output {
	o := Output{
		Topic: f.Output.Topic, Delivery: string(f.Output.Delivery), Shape: string(f.Output.Shape), Partition: string(f.Output.Partition), Format: string(f.Output.Format), ForEach: f.Output.ForEach,
	}
	if f.Output.Value != nil {
		o.Shape, o.Value = "", valueOf(*f.Output.Value)
	}
	if f.Output.HasKey {
		key := f.Output.Key
		if key == "" {
			key = "null"
		}
		o.Key = &key
	}
	for _, h := range f.Output.Headers {
		o.Headers = append(o.Headers, Header{h.Name, h.Value})
	}
	for _, r := range f.Output.Routes {
		o.Routes = append(o.Routes, Route(r))
	}
	return o
}

// object is a JSON object whose members are in the order of the file.
type object []strictyaml.TemplateField

// MarshalJSON implements json.Marshaler.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, f := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(f.Name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(valueOf(f.Value))
		if err != nil {
			return nil, err
		}
		b.Write(append(append(name, ':'), value...))
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

func valueOf(t strictyaml.Template) any {
	switch t.Kind {
	case strictyaml.TemplateMapping:
		return object(t.Fields)
	case strictyaml.TemplateList:
		items := make([]any, len(t.Items))
		for i, item := range t.Items {
			items[i] = valueOf(item)
		}
		return items
	default:
		return t.Text
	}
}

// String describes where records go, and what they are made of beside their value.
func (o Output) String() string {
	shape := shapes[o.Shape]
	if o.Value != nil {
		shape = "the value as the file says"
	}
	text := fmt.Sprintf("%s, %s, partition by %s", words(o.Delivery), shape, o.Partition)
	if format := pipelinefile.Format(o.Format); format.HasSchema() {
		text += ", values are " + formatWords[format]
	}
	if o.ForEach != "" {
		text += ", a record for each item of " + o.ForEach
	}
	if o.Key != nil {
		text += ", key " + *o.Key
	}
	names := make([]string, len(o.Headers))
	for i, h := range o.Headers {
		names[i] = h.Name
	}
	if len(names) > 0 {
		text += ", headers " + strictyaml.JoinWords(names, "and")
	}
	return text
}

// String says what becomes of the records of a route.
func (r Route) String() string {
	if r.Drop {
		return "dropped if " + r.When
	}
	return r.Topic + " if " + r.When
}
