package lookupanswer

import (
	"errors"
	"fmt"
	"slices"

	"github.com/loaderline/loaderline/internal/jsondoc"
	"github.com/loaderline/loaderline/internal/lookupkey"
)

// Form says where the parts of an answer are. Paths are names with dots between them, as those of httplookup.Query.
type Form struct {
	// From is the request that is answered, for errors.
	From string
	// Items leads to the list of items, or if Named to an object whose names are the keys. ItemsSetting is what the file calls it.
	Items, ItemsSetting string
	Named               bool
	// One says that the answer is the item of the only key that was asked for. Items and Key are empty.
	One bool
	// Key leads from an item to the parts of its key. It is empty if Named. Types has a type for each part.
	Key   []string
	Types lookupkey.Types
	// Value leads from an item to its value. Defaults to the item itself.
	Value string
	// Error leads from an item to its error. Defaults to none. Nothing, null, false, "", 0, {} and [] are no error. A status is what
	// Status says. PermanentErrors are the key's fault. Any other error is transient.
	Error           string
	PermanentErrors []string
	// Status returns what an error means that is a status of the protocol, and false if it is none.
	Status func(word string) (Status, bool)
	// Many makes a list of a key's items.
	Many bool
}

// Layout is a Form that was checked. It is safe for concurrent use.
type Layout struct {
	form    Form
	scanner *jsondoc.Scanner
	item    *jsondoc.Scanner // of one item, where items are named or there is one; nil for a list
	keys    []int            // paths of the scanner
	value   int              // a path of the scanner; that of the item by default
	err     int              // a path of the scanner, or none
}

// The first paths of every scanner, and what means no path.
const (
	listPath = 0
	itemPath = 1
	noPath   = -1
)

// New checks the paths of a form. Its error joins all mistakes, each with the setting that it is in.
func New(f Form) (*Layout, error) {
	list, err := ParsePath("items", f.Items)
	if err != nil {
		return nil, err
	}
	item := jsondoc.Path{Root: list.Root, Steps: append(slices.Clone(list.Steps), jsondoc.Step{Each: true})}
	apart := f.Named || f.One // Each item is scanned by itself.
	if apart {
		item = jsondoc.Path{Root: list.Root}
	}
	l := &Layout{form: f, value: itemPath, err: noPath}
	paths := []jsondoc.Path{list, item}
	var errs []error
	add := func(setting, text string) int {
		p, err := ParsePath(setting, text)
		if err == nil && len(p.Each().Steps) > 0 {
			err = fmt.Errorf("%s: %q leads to many values: it names one in an item", setting, text)
		}
		if err != nil {
			errs = append(errs, err)
		}
		paths = append(paths, jsondoc.Path{Root: item.Root, Steps: append(slices.Clone(item.Steps), p.Steps...)})
		return len(paths) - 1
	}
	if !apart {
		for _, text := range f.Key {
			l.keys = append(l.keys, add("key", text))
		}
	}
	if f.Value != "" {
		l.value = add("value", f.Value)
	}
	if f.Error != "" {
		l.err = add("error", f.Error)
	}
	l.scanner = jsondoc.NewScanner(paths, nil)
	if apart {
		l.item, l.scanner = l.scanner, jsondoc.NewScanner([]jsondoc.Path{list}, nil)
	}
	return l, errors.Join(errs...)
}

// ParsePath reads the path of a setting from the answer or from an item. The empty one leads to itself.
func ParsePath(setting, text string) (jsondoc.Path, error) {
	const root = "answer"
	whole := root
	switch {
	case text == "":
	case text[0] == '[':
		whole += text
	default:
		whole += "." + text
	}
	p, err := jsondoc.ParsePath(whole)
	if bad, ok := errors.AsType[*jsondoc.PathError](err); ok {
		return p, fmt.Errorf("%s: %q: %s", setting, text, bad.Reason)
	}
	return p, err
}
