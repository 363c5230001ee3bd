package jsonenrich

import (
	"errors"
	"fmt"

	"github.com/loaderline/loaderline/internal/condition"
	"github.com/loaderline/loaderline/internal/jsondoc"
	"github.com/loaderline/loaderline/stages"
)

// Field is a field that a condition looks at.
type Field struct {
	// In is the node whose result has the field; nil for the event.
	In *Node
	// Number is the number that AddField returned.
	Number int
	// Path is the field's path, for errors.
	Path jsondoc.Path
}

// Condition returns a condition for stages of the plan. fields has the field of each of its paths, in the same order. overBudget is the error
// for an event if the condition takes too long.
func Condition(plan *stages.Plan[Document], c *condition.Condition, fields []Field, overBudget error, after ...stages.Dep) stages.Keys[Document, bool] {
	return stages.After(plan, func(row stages.Row[Document]) (bool, error) {
		values := make([]any, len(fields))
		for i, f := range fields {
			v, err := f.value(row)
			if err != nil {
				return false, err
			}
			values[i] = v
		}
		holds, err := c.Holds(row.Context(), values)
		switch {
		case errors.Is(err, condition.ErrBudget):
			return false, overBudget
		case err != nil:
			return false, fmt.Errorf("when: %w", err)
		}
		return holds, nil
	}, after...)
}

// value returns the value of the field for a row.
func (f Field) value(row stages.Row[Document]) (any, error) {
	var (
		json   []byte
		fields []jsondoc.Value
	)
	if f.In == nil {
		json, fields = row.Event().value, row.Event().fields
	} else {
		switch r := f.In.One.Of(row); r.State {
		case stages.Failed, stages.Blocked:
			return nil, stages.ErrBlocked
		case stages.Missing:
			if f.In.Many {
				return []any{}, nil
			}
			return nil, nil
		case stages.Loaded:
			json, fields = r.Value.json, r.Value.fields
		}
	}
	v := fields[f.Number]
	if v.Kind == jsondoc.Mismatch {
		return nil, fmt.Errorf("when: %s: a value on the path is not an object", f.Path)
	}
	value, err := condition.Value(v.In(json))
	if err != nil {
		return nil, fmt.Errorf("when: %s: %w", f.Path, err)
	}
	return value, nil
}
