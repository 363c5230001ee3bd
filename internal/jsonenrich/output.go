package jsonenrich

import (
	"github.com/loaderline/loaderline/internal/expression"
	"github.com/loaderline/loaderline/internal/jsondoc"
)

// Output says what records of an event hold, and where they go. The zero value is one record with the event and all results.
type Output struct {
	// Value is the value. Nil is the event and all results, in the shape of the encoder.
	Value *Template
	// Key is the key: text as it is, any other value as JSON, and none for null. It needs sink.Config.OwnKeys. Nil leaves the key to
	// the sink.
	Key *Term
	// Headers are added to those of the input, in the form of Key. A null value adds none.
	Headers []Header
	// Each is a list for whose elements there is a record each, with the element as ItemRoot. Nil is one record.
	Each *Term
	// Routes say where a record goes. The first that holds decides. If none does, it goes to the output topic.
	Routes []Route
}

// Header is a header of an output.
type Header struct {
	Name  string
	Value Term
}

// Route is a topic for some records.
type Route struct {
	// When is an expression, whose result is a boolean.
	When Term
	// Topic is the topic, or empty to drop the record.
	Topic string
}

// Template is a JSON value with terms in it: one of Term, Fields and Items.
type Template struct {
	Term   *Term
	Fields []TemplateField
	Items  []*Template
}

// TemplateField is a member of an object.
type TemplateField struct {
	Name  string
	Value *Template
}

// Term is a value: what a path leads to, or the result of an expression.
type Term struct {
	// Place is the key of the file that has the term, for errors.
	Place string
	// Path leads from the event, its record, the element of a list, or the result of In, if Expr is nil. A path with [] is the list of
	// all that it leads to.
	Path jsondoc.Path
	In   *Node
	// Expr is an expression over Operands, in the order of its paths.
	Expr     *expression.Expression
	Operands []Term
}

// none reports whether the output is the zero value.
func (o *Output) none() bool {
	return o.Value == nil && o.Key == nil && len(o.Headers) == 0 && o.Each == nil && len(o.Routes) == 0
}
