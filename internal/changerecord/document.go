package changerecord

import (
	"bytes"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/loaderline/loaderline/internal/jsondoc"
	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/stages/lookup"
)

// unavailable is what Debezium writes for a column that it did not get from the database.
const unavailable = `"__debezium_unavailable_value"`

// The places of a row in a document.
const (
	rowItself = iota
	rowBefore
	rowAfter
	numRows
)

// Places of an envelope, beside its rows.
const (
	op = iota
	before
	after
	source
	sourceTable
	sourceSchema
	sourceDB
	sourceConnector
	sourceName
	sourceTime
	sourceSnapshot
	messagePrefix
	// The members that Debezium's transform ExtractNewRecordState adds to the row.
	flatTable
	flatOp
	flatDeleted
	numPlaces
)

var places = [numPlaces][]string{
	{"op"},
	{"before"},
	{"after"},
	{"source"},
	{"source", "table"},
	{"source", "schema"},
	{"source", "db"},
	{"source", "connector"},
	{"source", "name"},
	{"source", "ts_ms"},
	{"source", "snapshot"},
	{"message", "prefix"},
	{"__table"},
	{"__op"},
	{"__deleted"},
}

// document finds what is wanted of a document in one pass: each place and column at the document's root, and in the
// payload of one that Kafka Connect wrote with its schema.
type document struct {
	scanner *jsondoc.Scanner
	columns [2][][numRows][]int // by wrapping and mapping: the scanner's numbers
	places  [2][numPlaces]int
	// schema and payload are the two members of a document with its schema.
	schema, schemaType, payload int

	doc     []byte
	found   jsondoc.Result
	wrapped int // 1: JsonConverter wrote it, and what it is about is its payload
}

func newDocument(mappings []Mapping, isValue bool) *document {
	d := &document{}
	var paths []jsondoc.Path
	add := func(steps ...jsondoc.Step) int {
		paths = append(paths, jsondoc.Path{Steps: steps})
		return len(paths) - 1
	}
	d.schema, d.payload = add(named("schema")...), add(named("payload")...)
	d.schemaType = add(named("schema", "type")...)
	for wrapped, prefix := range [2][]jsondoc.Step{nil, named("payload")} {
		if isValue {
			for i, names := range places {
				d.places[wrapped][i] = add(joined(prefix, named(names...))...)
			}
		}
		d.columns[wrapped] = make([][numRows][]int, len(mappings))
		for m, mapping := range mappings {
			for row, where := range [numRows][]jsondoc.Step{nil, named("before"), named("after")} {
				if row != rowItself && !isValue {
					continue
				}
				for _, column := range mapping.columns {
					number := add(joined(prefix, where, column)...)
					d.columns[wrapped][m][row] = append(d.columns[wrapped][m][row], number)
				}
			}
		}
	}
	d.scanner = jsondoc.NewScanner(paths, nil)
	return d
}

func named(names ...string) []jsondoc.Step {
	steps := make([]jsondoc.Step, len(names))
	for i, name := range names {
		steps[i].Name = name
	}
	return steps
}

func joined(parts ...[]jsondoc.Step) []jsondoc.Step {
	var all []jsondoc.Step
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// scan reads a document, and finds out whether it is in the payload of another. JsonConverter writes exactly two members; a
// row may have columns of these names beside others.
func (d *document) scan(doc []byte) error {
	d.doc, d.wrapped = doc, 0
	d.found.Reset()
	if err := d.scanner.Scan(doc, &d.found); err != nil {
		return err
	}
	_, hasPayload := d.value(d.payload)
	schema, hasSchema := d.value(d.schema)
	kind, _ := d.value(d.schemaType)
	if hasPayload && hasSchema && (isText(kind) || isNull(schema)) && onlyMembers(doc, "schema", "payload") {
		d.wrapped = 1
	}
	return nil
}

// onlyMembers reports whether an object, which is valid JSON, has no other members than these.
func onlyMembers(object []byte, names ...string) bool {
	decoder := jsontext.NewDecoder(bytes.NewBuffer(object))
	if _, err := decoder.ReadToken(); err != nil {
		return false
	}
	for decoder.PeekKind() == '"' {
		name, err := decoder.ReadToken()
		if err != nil || !slices.Contains(names, name.String()) || decoder.SkipValue() != nil {
			return false
		}
	}
	return decoder.PeekKind() == '}'
}

// value is the value at a path, and whether there is one.
func (d *document) value(number int) ([]byte, bool) {
	if found := d.found.Values[number]; len(found) == 1 && found[0].Kind == jsondoc.Found {
		return found[0].In(d.doc), true
	}
	return nil, false
}

// place is the value at a place, of the document or of its payload.
func (d *document) place(wrapped, place int) ([]byte, bool) {
	return d.value(d.places[wrapped][place])
}

// text is the string at a place; empty where there is none.
func (d *document) text(wrapped, place int) string {
	value, _ := d.place(wrapped, place)
	if !isText(value) {
		return ""
	}
	return string(lookupkey.AppendText(nil, lookup.Key(value)))
}

// body is the document, or its payload.
func (d *document) body(wrapped int) []byte {
	if wrapped == 1 {
		body, _ := d.value(d.payload)
		return body
	}
	return bytes.TrimSpace(d.doc)
}

// hasColumn reports whether the document's root has one of a mapping's columns.
func (d *document) hasColumn(mapping int) bool {
	return slices.ContainsFunc(d.columns[0][mapping][rowItself], func(number int) bool {
		_, ok := d.value(number)
		return ok
	})
}

// state is what a row says of a key.
type state int

const (
	unknown state = iota // it does not have all the columns
	none                 // the key is null
	known
)

// key is a mapping's key in a row of the document.
func (d *document) key(wrapped, mapping, row int) (Key, state) {
	var key Key
	is := known
	for _, number := range d.columns[wrapped][mapping][row] {
		value, ok := d.value(number)
		switch {
		case !ok, string(value) == unavailable:
			return nil, unknown
		case isNull(value):
			is = none
		}
		key = append(key, value)
	}
	if is == none || len(key) == 0 {
		return nil, none
	}
	return key, known
}

func isNull(value []byte) bool   { return string(value) == "null" }
func isText(value []byte) bool   { return len(value) > 0 && value[0] == '"' }
func isObject(value []byte) bool { return len(value) > 0 && value[0] == '{' }
