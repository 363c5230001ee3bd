package jsonenrich

import (
	"context"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/expression"
	"github.com/loaderline/loaderline/stages"
)

// filter is the condition for events to be taken.
type filter struct {
	expr   *expression.Expression
	fields []Field
}

// Where makes Decode return loaderline.ErrFiltered for events for which a condition does not hold.
func (d *Decoder) Where(condition *expression.Expression) {
	d.where = &filter{expr: condition}
	for _, path := range condition.Paths() {
		d.where.fields = append(d.where.fields, Field{Ref: d.AddField(path), Path: path})
	}
}

// check returns ErrFiltered for an event to leave out, and a *loaderline.Failure for one that cannot be decided.
func (f *filter) check(d *Document) error {
	if f == nil {
		return nil
	}
	values, err := f.expr.Values(func(i int) ([]byte, error) { return f.fields[i].in(d, stages.Row[Document]{}) })
	holds := false
	if err == nil {
		holds, err = f.expr.Holds(context.Background(), values)
	}
	switch {
	case err != nil:
		return decodeFailure("input.where: %v", err)
	case !holds:
		return loaderline.ErrFiltered
	}
	return nil
}
