package jsonenrich

import (
	"errors"
	"fmt"

	"github.com/loaderline/loaderline/internal/expression"
	"github.com/loaderline/loaderline/internal/jsondoc"
	"github.com/loaderline/loaderline/stages"
)

// Field is a field that an expression or an output looks at.
type Field struct {
	// In is the node whose result has the field; nil for the event and its record.
	In *Node
	// Ref is what AddField returned.
	Ref Ref
	// Path is the field's path, for errors.
	Path jsondoc.Path
}

// Condition returns a condition for stages of the plan. fields has the field of each of its paths, in the same order. overBudget is the error
// for an event if the condition takes too long.
func Condition(plan *stages.Plan[Document], c *expression.Expression, fields []Field, overBudget error, after ...stages.Dep) stages.Keys[Document, bool] {
	return stages.After(plan, func(row stages.Row[Document]) (bool, error) {
		event := row.Event()
		values, err := c.Values(func(i int) ([]byte, error) { return fields[i].in(&event, row) })
		holds := false
		if err == nil {
			holds, err = c.Holds(row.Context(), values)
		}
		switch {
		case errors.Is(err, stages.ErrBlocked):
			return false, err
		case errors.Is(err, expression.ErrBudget):
			return false, overBudget
		case err != nil:
			return false, fmt.Errorf("when: %w", err)
		}
		return holds, nil
	}, after...)
}

var emptyList = []byte("[]")

// in returns the field of a row as JSON, nil where it is absent. It returns stages.ErrBlocked if the stage of the field has failed. Any other
// error names the path.
func (f *Field) in(event *Document, row stages.Row[Document]) ([]byte, error) {
	raw, err := f.value(event, row)
	if err != nil && !errors.Is(err, stages.ErrBlocked) {
		return nil, fmt.Errorf("%s: %w", f.Path, err)
	}
	return raw, err
}

func (f *Field) value(event *Document, row stages.Row[Document]) ([]byte, error) {
	if f.In == nil {
		return event.field(f.Ref)
	}
	switch r := f.In.One.Of(row); r.State {
	case stages.Failed, stages.Blocked:
		return nil, stages.ErrBlocked
	case stages.Missing:
		if f.In.Many {
			return emptyList, nil
		}
		return nil, nil
	default:
		return f.In.Fragments.field(r.Value, f.Ref.number)
	}
}
