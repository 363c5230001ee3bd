package pipeline

import (
	"reflect"

	"github.com/loaderline/loaderline/internal/expression"
	"github.com/loaderline/loaderline/internal/jsondoc"
	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/outputschema"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/strictyaml"
)

// Form returns what is known of the output's value before the first event. lookup returns the lookup of a stage, nil if it is not known.
func (l *Layout) Form(lookup func(*Stage) Lookup) *outputschema.Form {
	f := former{layout: l, lookup: lookup}
	o := &l.File.Output
	if o.ForEach != "" {
		f.item = f.term(forEachKey).Element()
	}
	if o.Value != nil {
		return f.template(o.Value)
	}
	all := &outputschema.Form{Kind: outputschema.Object, Merged: o.Shape == pipelinefile.ShapeMerge}
	if !all.Merged {
		all.Fields = append(all.Fields, outputschema.Field{Name: eventRoot, Form: f.event(nil)})
	}
	for _, s := range l.Stages {
		if s.Parent == -1 {
			all.Fields = append(all.Fields, outputschema.Field{Name: s.Field(), Form: f.result(s)})
		}
	}
	return all
}

// former finds the forms of values.
type former struct {
	layout *Layout
	lookup func(*Stage) Lookup
	item   *outputschema.Form // of the list of output.for_each
}

func (f *former) template(t *strictyaml.Template) *outputschema.Form {
	switch t.Kind {
	case strictyaml.TemplateMapping:
		made := &outputschema.Form{Kind: outputschema.Object}
		for i := range t.Fields {
			made.Fields = append(made.Fields, outputschema.Field{Name: t.Fields[i].Name, Form: f.template(&t.Fields[i].Value)})
		}
		return made
	case strictyaml.TemplateList:
		return f.items(t.Items)
	default:
		return f.term(t.Key)
	}
}

// items returns the form of a list of values, which all have the form of the first one.
func (f *former) items(items []strictyaml.Template) *outputschema.Form {
	var first *outputschema.Form
	for i := range items {
		item := f.template(&items[i])
		if first == nil {
			first = item
			continue
		}
		first.Nullable = first.Nullable || item.Nullable
		item.Nullable = first.Nullable
		if !reflect.DeepEqual(first, item) {
			return outputschema.NotKnown("the values of the list are of several types")
		}
	}
	if first == nil {
		return outputschema.NotKnown("the list is empty, so its values have no type")
	}
	return outputschema.ListOf(first)
}

func (f *former) term(key string) *outputschema.Form {
	t := f.layout.Terms[key]
	if t.Expr == nil {
		return f.path(t.Path)
	}
	kind, known := expressionKinds[t.Expr.Type()]
	if !known {
		return outputschema.NotKnown("the type of the expression is not known")
	}
	return &outputschema.Form{Kind: outputschema.Scalar, Column: lookupext.ColumnType{Kind: kind}, Nullable: len(t.Expr.Paths()) > 0}
}

var expressionKinds = map[expression.Type]lookupext.ColumnKind{
	expression.Boolean: lookupext.Boolean, expression.Whole: lookupext.Bigint, expression.Number: lookupext.Double,
	expression.Text: lookupext.Text, expression.Time: lookupext.Timestamptz,
}

func (f *former) path(path jsondoc.Path) *outputschema.Form {
	switch path.Root {
	case eventRoot:
		return f.event(path.Steps)
	case recordRoot:
		return f.record(path.Steps)
	case itemRoot:
		return f.item.At(path.Steps)
	default:
		return f.result(f.layout.stage(path.Root)).At(path.Steps)
	}
}

// event returns the form of a path in the event. The schema of the event does not have what stages put into it.
func (f *former) event(steps []jsondoc.Step) *outputschema.Form {
	path := jsondoc.Path{Root: eventRoot, Steps: steps}
	for _, s := range f.layout.Stages {
		if s.Parent == inEvent && (s.Into.HasPrefix(path) || path.HasPrefix(s.Into)) {
			return outputschema.NotKnown("the result of stage %s goes into it; write output.value, and into: with one name", s.Name)
		}
	}
	switch f.layout.File.Input.Format {
	case pipelinefile.FormatText:
		return &outputschema.Form{Kind: outputschema.Scalar, Column: lookupext.ColumnType{Kind: lookupext.Text}}
	case pipelinefile.FormatInteger:
		return &outputschema.Form{Kind: outputschema.Scalar, Column: lookupext.ColumnType{Kind: lookupext.Bigint}}
	default:
		return &outputschema.Form{Kind: outputschema.Event, Path: steps}
	}
}

// recordKinds are the types of the fields of each Kafka record.
var recordKinds = map[string]lookupext.ColumnKind{
	"topic": lookupext.Text, "partition": lookupext.Integer, "offset": lookupext.Bigint, "timestamp": lookupext.Timestamptz,
}

// record returns the form of a field of the Kafka record.
func (f *former) record(steps []jsondoc.Step) *outputschema.Form {
	name := steps[0].Name
	if kind, is := recordKinds[name]; is {
		return &outputschema.Form{Kind: outputschema.Scalar, Column: lookupext.ColumnType{Kind: kind}}
	}
	if name != "key" {
		return outputschema.Of(lookupext.ColumnType{Kind: lookupext.Text})
	}
	switch f.layout.File.Input.KeyFormat {
	case pipelinefile.FormatText:
		return outputschema.Of(lookupext.ColumnType{Kind: lookupext.Text})
	case pipelinefile.FormatInteger:
		return outputschema.Of(lookupext.ColumnType{Kind: lookupext.Bigint})
	default:
		return outputschema.NotKnown("nothing is known of what is within keys")
	}
}

// result returns the form of all results of a stage.
func (f *former) result(s *Stage) *outputschema.Form {
	one := f.single(s)
	if !s.List {
		return one
	}
	all := outputschema.ListOf(one)
	all.Nullable = true
	return all
}

// single returns the form of the result of a stage for one key.
func (f *former) single(s *Stage) *outputschema.Form {
	row := f.row(s)
	if !s.Many {
		return row
	}
	if row.Kind == outputschema.Object {
		row.Nullable = false
	}
	rows := outputschema.ListOf(row)
	rows.Nullable = true
	return rows
}

// row returns the form of a row, with the results of other stages in it.
func (f *former) row(s *Stage) *outputschema.Form {
	typed, known := f.lookup(s).(interface{ ColumnTypes() []lookupext.Column })
	if !known {
		return outputschema.NotKnown("nothing is known of the rows of stage %s, since source %s does not tell their types", s.Name, s.Source)
	}
	row := &outputschema.Form{Kind: outputschema.Object, Nullable: true, Origin: "the query of stage " + s.Name}
	if source, _ := f.layout.File.Source(s.Source); source.Kind().Local() {
		row.Origin = "source " + s.Source
	}
	for _, c := range s.rowColumns(typed.ColumnTypes()) {
		row.Fields = append(row.Fields, outputschema.Field{Name: c.Name, Form: outputschema.Of(c.Type)})
	}
	for _, i := range s.Children {
		child := f.layout.Stages[i]
		f.nest(row, child, child.Into.Steps[s.lists():])
	}
	return row
}

// nest puts the result of a stage into a row.
func (f *former) nest(row *outputschema.Form, child *Stage, at []jsondoc.Step) {
	if len(at) == 1 {
		row.Fields = append(row.Fields, outputschema.Field{Name: child.Field(), Form: f.single(child)})
		return
	}
	for i := range row.Fields {
		if row.Fields[i].Name == at[0].Name {
			row.Fields[i].Form = outputschema.NotKnown("the result of stage %s goes into the JSON of a column", child.Name)
		}
	}
}
