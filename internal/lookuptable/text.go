package lookuptable

import (
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/loaderline/loaderline/internal/jsondoc"
	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/internal/plural"
)

// field is a column of rows that are text, and its name as the rows have it.
type field struct {
	*column
	name   string
	member string // `"name":`
}

// Header sets the columns of the rows that AddText adds. Columns of the Schema that are missing in it are an error, as are columns
// without a name or with the same one.
func (b *Builder) Header(names []string) error {
	seen := map[string]bool{}
	for i, name := range names {
		switch {
		case !utf8.ValidString(name):
			return fmt.Errorf("the name of column %d is not UTF-8", i+1)
		case name == "":
			return fmt.Errorf("column %d has no name", i+1)
		case seen[name]:
			return fmt.Errorf("column %s is there twice", strconv.Quote(name))
		}
		seen[name] = true
		f := field{column: b.schema.column(name), name: name, member: string(lookupkey.AppendString(nil, name)) + ":"}
		b.header = append(b.header, f)
		if !f.hidden {
			b.rows.columns = append(b.rows.columns, lookupext.Column{Name: name, Type: lookupext.ColumnType{Kind: f.typ.kind, Declared: f.typ.name}})
		}
	}
	for name, c := range b.schema.columns {
		switch {
		case seen[name]:
		case c.part >= 0:
			return fmt.Errorf("there is no column %s, which holds the key", strconv.Quote(name))
		default:
			return fmt.Errorf("there is no column %s, which has a type", strconv.Quote(name))
		}
	}
	return nil
}

// AddText adds a row of texts, one for each column of the header. place is where the row is, for Duplicate.
func (b *Builder) AddText(place int, texts []string) error {
	if len(texts) != len(b.header) {
		return fmt.Errorf("the row has %s, and the header has %d", plural.Count(len(texts), "column"), len(b.header))
	}
	b.begin()
	for i, text := range texts {
		f := &b.header[i]
		if !utf8.ValidString(text) {
			return fmt.Errorf("column %s is not UTF-8", strconv.Quote(f.name))
		}
		switch {
		case text == "" && f.nullable:
			b.text = append(b.text[:0], "null"...)
		case f.typ.name == "json":
			value, err := jsontext.AppendFormat(b.text[:0], text, jsontext.PreserveRawStrings(true))
			if err != nil {
				return fmt.Errorf("column %s %s", strconv.Quote(f.name), jsondoc.Brief(err, len(text)))
			}
			b.text = value
		default:
			b.text = lookupkey.AppendString(b.text[:0], text)
		}
		if err := b.member(f.column, f.member, b.text); err != nil {
			return fmt.Errorf("column %s %w", strconv.Quote(f.name), err)
		}
	}
	return b.end(place)
}
