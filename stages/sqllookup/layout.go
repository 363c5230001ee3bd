package sqllookup

import (
	"fmt"
	"slices"
	"strings"

	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/lookupkey"
)

// layout is what becomes of a result's columns: the row's key, the row's JSON.
type layout struct {
	names  []string
	labels []string // `"name":` before each column's value; empty for a column that is left out
	keys   []int    // the columns that hold the key
}

// newLayout finds the key's columns among names: those of key, or else _key.
func newLayout(names, key []string) (*layout, error) {
	l := &layout{names: names, labels: make([]string, len(names))}
	for i, name := range names {
		switch {
		case name == "" || name == "?column?":
			return nil, fmt.Errorf("column %d has no name: write AS name after it", i+1)
		case slices.Contains(names[:i], name):
			return nil, fmt.Errorf("two columns are called %q: rename one by AS", name)
		case name != lookupext.KeyMember:
			l.labels[i] = string(append(lookupkey.AppendString(nil, name), ':'))
		}
	}
	hidden := slices.Contains(names, lookupext.KeyMember)
	switch {
	case len(key) == 0 && !hidden:
		return nil, fmt.Errorf("nothing says which column holds the key: name it by key, or select it AS _key (the columns are %s)",
			strings.Join(names, ", "))
	case len(key) == 0:
		key = []string{lookupext.KeyMember}
	case hidden && !slices.Contains(key, lookupext.KeyMember):
		return nil, fmt.Errorf("both a column _key and key (%s) say what holds the key: leave out one", strings.Join(key, ", "))
	}
	for _, name := range key {
		i := slices.Index(names, name)
		if i < 0 {
			return nil, fmt.Errorf("no column is called %q, which holds the key (the columns are %s)", name, strings.Join(names, ", "))
		}
		if slices.Contains(l.keys, i) {
			return nil, fmt.Errorf("the column %q is named twice as part of the key", name)
		}
		l.keys = append(l.keys, i)
	}
	return l, nil
}

// row is one row of a driver's result.
type row interface {
	// appendCell appends a column's value as JSON.
	appendCell(dst []byte, column int) ([]byte, error)
}
