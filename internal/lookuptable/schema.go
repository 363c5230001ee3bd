// Package lookuptable keeps the rows of a table in memory, by key. It is for sources that know all their rows: a file, and rows in
// the pipeline file.
//
// The rows are of one version. Replace replaces all of them at once, and a run of a plan sees one version to its end.
package lookuptable

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/lookupkey"
)

// Config says what is known of the columns of a table.
type Config struct {
	// Key has the columns that hold the parts of the key. Defaults to lookupext.KeyMember.
	Key []string
	// Types has the types of columns by their names. A column without one has the type any.
	Types map[string]string
	// Text says that a column without a type is text, and null where it is empty: values have no types of their own.
	Text bool
}

// Schema is a Config that was checked. It is safe for concurrent use.
type Schema struct {
	key      []string
	keyTypes lookupkey.Types
	columns  map[string]*column // those of the key, and those with a type
	other    *column            // all others
}

// column is what is done with the values of a column.
type column struct {
	name   string
	typ    Type
	part   int // the part of the key that the column holds; -1 for none
	hidden bool
	// nullable says that empty text is null.
	nullable bool
}

// NewSchema returns the Schema of a Config. Its error has all mistakes.
func NewSchema(cfg Config) (*Schema, error) {
	s := &Schema{key: cfg.Key, columns: map[string]*column{}, other: &column{part: -1, typ: types[0], nullable: cfg.Text}}
	if cfg.Text {
		s.other.typ, _ = parseType("text")
	}
	if len(s.key) == 0 {
		s.key = []string{lookupext.KeyMember}
	}
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(cfg.Types)) {
		t, err := parseType(cfg.Types[name])
		if err != nil {
			problems = append(problems, fmt.Errorf("column %s: %w", name, err))
		}
		s.columns[name] = &column{name: name, typ: t, part: -1, nullable: cfg.Text && t.kind != lookupext.Text}
	}
	for i, name := range s.key {
		c := s.columns[name]
		switch {
		case c == nil:
			c = &column{name: name, typ: s.other.typ, nullable: cfg.Text}
			s.columns[name] = c
		case c.part >= 0:
			problems = append(problems, fmt.Errorf("column %s is in the key twice", name))
		case c.typ.notBy != "":
			problems = append(problems, fmt.Errorf("column %s cannot be a key as %s; %s", name, c.typ.name, c.typ.notBy))
		}
		c.part, c.hidden = i, name == lookupext.KeyMember
		s.keyTypes = append(s.keyTypes, c.typ.key)
	}
	return s, errors.Join(problems...)
}

// column returns the column of a name.
func (s *Schema) column(name string) *column {
	if c, ok := s.columns[name]; ok {
		return c
	}
	return s.other
}

// Key returns the names of the columns that hold the key. The slice is read only.
func (s *Schema) Key() []string { return s.key }

// Types returns the types of the key's parts. The slice is read only.
func (s *Schema) Types() lookupkey.Types { return s.keyTypes }
