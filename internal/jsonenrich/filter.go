package jsonenrich

import (
	"context"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/expression"
)

// filter is the condition for events to be taken.
type filter struct {
	expr   *expression.Expression
	fields []Ref
}

// Where makes Decode return loaderline.ErrFiltered for events for which a condition does not hold.
func (d *Decoder) Where(condition *expression.Expression) {
	d.where = &filter{expr: condition}
	for _, path := range condition.Paths() {
		d.where.fields = append(d.where.fields, d.AddField(path))
	}
}

// check returns ErrFiltered for an event to leave out, and a *loaderline.Failure for one that cannot be decided.
func (f *filter) check(d *Document) error {
	if f == nil {
		return nil
	}
	values := make([]any, len(f.fields))
	for i, ref := range f.fields {
		raw, err := d.field(ref)
		if err == nil {
			values[i], err = f.expr.Field(i, raw)
		}
		if err != nil {
			return decodeFailure("input.where: %s: %v", f.expr.Paths()[i], err)
		}
	}
	holds, err := f.expr.Holds(context.Background(), values)
	switch {
	case err != nil:
		return decodeFailure("input.where: %v", err)
	case !holds:
		return loaderline.ErrFiltered
	}
	return nil
}
