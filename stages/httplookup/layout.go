package httplookup

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/loaderline/loaderline/internal/jsondoc"
)

// layout is where the parts of an answer are: the list, its items, and what is read of an item.
type layout struct {
	scanner   *jsondoc.Scanner
	item      *jsondoc.Scanner // of the value of one name, for named items; nil for a list
	from      string           // the request that is answered, for errors
	items     string
	key       []string
	keys      []int // paths of the scanner
	value     int   // a path of the scanner; that of the item by default
	err       int   // a path of the scanner, or none
	many      bool
	permanent []string
}

// The first paths of every scanner, and what means no path.
const (
	listPath = 0
	itemPath = 1
	noPath   = -1
)

func newLayout(q Query) (*layout, error) {
	list, err := parsePath("items", q.Items)
	if err != nil {
		return nil, err
	}
	item := jsondoc.Path{Root: list.Root, Steps: append(slices.Clone(list.Steps), jsondoc.Step{Each: true})}
	if q.Named {
		item = jsondoc.Path{Root: list.Root}
	}
	l := &layout{
		items: q.Items, key: slices.Clone(q.Key), value: itemPath, err: noPath, many: q.Many, permanent: q.PermanentErrors,
		from: q.Method + " /" + strings.TrimLeft(pathOf(q.Path), "/"),
	}
	paths := []jsondoc.Path{list, item}
	var errs []error
	add := func(setting, text string) int {
		p, err := parsePath(setting, text)
		if err == nil && len(p.Each().Steps) > 0 {
			err = fmt.Errorf("%s: %q leads to many values: it names one in an item", setting, text)
		}
		if err != nil {
			errs = append(errs, err)
		}
		paths = append(paths, jsondoc.Path{Root: item.Root, Steps: append(slices.Clone(item.Steps), p.Steps...)})
		return len(paths) - 1
	}
	if !q.Named {
		for _, text := range q.Key {
			l.keys = append(l.keys, add("key", text))
		}
	}
	if q.Value != "" {
		l.value = add("value", q.Value)
	}
	if q.Error != "" {
		l.err = add("error", q.Error)
	}
	l.scanner = jsondoc.NewScanner(paths, nil)
	if q.Named {
		l.item, l.scanner = l.scanner, jsondoc.NewScanner([]jsondoc.Path{list}, nil)
	}
	return l, errors.Join(errs...)
}

// pathOf is a path without its query, which can hold a secret.
func pathOf(path string) string {
	path, _, _ = strings.Cut(path, "?")
	return path
}

// parsePath reads a path from the answer or from an item. The empty one leads to itself.
func parsePath(setting, text string) (jsondoc.Path, error) {
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

func isJSON(text string) bool { return jsontext.Value(text).IsValid() }
