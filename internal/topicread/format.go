package topicread

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/console"
	"github.com/loaderline/loaderline/internal/format/schemaid"
)

// Line is a record as a line of JSON. What is not UTF-8 is base64 in another field. A missing key or value is null.
type Line struct {
	Topic       string   `json:"topic"`
	Partition   int32    `json:"partition"`
	Offset      int64    `json:"offset"`
	Timestamp   int64    `json:"timestamp"` // milliseconds since 1970
	Key         *text    `json:"key,omitempty"`
	KeyBase64   *string  `json:"key_base64,omitempty"`
	Value       *text    `json:"value,omitempty"`
	ValueBase64 *string  `json:"value_base64,omitempty"`
	Headers     []Header `json:"headers"`

	// KeySchema and ValueSchema are the IDs of the schemas, a number or a GUID.
	KeySchema   *schemaID `json:"key_schema_id,omitempty"`
	ValueSchema *schemaID `json:"value_schema_id,omitempty"`
}

// Decoded is what a record's key and value look like by their schemas.
type Decoded struct{ Key, Value Part }

// Part is a key or a value.
type Part struct {
	// JSON is its JSON text. Defaults to the bytes of the record.
	JSON []byte
	// Schema is the ID of its schema. Zero if it has none.
	Schema schemaid.ID
}

// Or returns the JSON text if there is one, and otherwise the bytes of the record.
func (p Part) Or(data []byte) []byte {
	if p.JSON != nil {
		return p.JSON
	}
	return data
}

// id returns nil if there is no ID.
func (p Part) id() *schemaID {
	if p.Schema == (schemaid.ID{}) {
		return nil
	}
	return &schemaID{p.Schema}
}

// schemaID is a number, or the text of a GUID.
type schemaID struct{ schemaid.ID }

func (id *schemaID) MarshalJSON() ([]byte, error) {
	if id.Kind() == schemaid.GUID {
		return json.Marshal(id.Text())
	}
	return []byte(id.Text()), nil
}

// Header is a header of a Line.
type Header struct {
	Key         string  `json:"key"`
	Value       *text   `json:"value,omitempty"`
	ValueBase64 *string `json:"value_base64,omitempty"`
}

// text is a string, or null.
type text struct{ bytes []byte }

func (t *text) MarshalJSON() ([]byte, error) {
	if t.bytes == nil {
		return []byte("null"), nil
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(string(t.bytes))
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// asText returns data as text, or in base64 if it is not text.
func asText(data []byte) (*text, *string) {
	if utf8.Valid(data) {
		return &text{data}, nil
	}
	encoded := base64.StdEncoding.EncodeToString(data)
	return nil, &encoded
}

// NewLine makes a Line of a record. The zero value of d leaves key and value as they are.
func NewLine(r *kgo.Record, d Decoded) Line {
	l := Line{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Timestamp: r.Timestamp.UnixMilli(), Headers: make([]Header, len(r.Headers))}
	l.Key, l.KeyBase64 = asText(d.Key.Or(r.Key))
	l.Value, l.ValueBase64 = asText(d.Value.Or(r.Value))
	l.KeySchema, l.ValueSchema = d.Key.id(), d.Value.id()
	for i, h := range r.Headers {
		l.Headers[i] = Header{Key: h.Key}
		l.Headers[i].Value, l.Headers[i].ValueBase64 = asText(h.Value)
	}
	return l
}

// Format is a way to write records, one a line.
type Format string

// The formats.
const (
	// FormatValue is the value as it is; a value that is not there is an empty line.
	FormatValue Format = "value"
	// FormatJSON is a Line.
	FormatJSON Format = "json"
)

// Append appends a record in the format, with its line's end. The zero value of d leaves key and value as they are.
func (f Format) Append(dst []byte, r *kgo.Record, d Decoded) ([]byte, error) {
	if f == FormatValue {
		return append(append(dst, d.Value.Or(r.Value)...), '\n'), nil
	}
	b := bytes.NewBuffer(dst)
	if err := console.NewEncoder(b).Encode(NewLine(r, d)); err != nil {
		return dst, fmt.Errorf("write topic %s partition %d offset %d as JSON: %w", r.Topic, r.Partition, r.Offset, err)
	}
	return b.Bytes(), nil
}
