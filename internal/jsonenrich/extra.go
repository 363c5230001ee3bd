package jsonenrich

import (
	"context"
	"errors"
	"slices"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/expression"
	"github.com/loaderline/loaderline/internal/jsondoc"
	"github.com/loaderline/loaderline/stages"
)

// extra has what belongs to a document and is not in its bytes: fields of the Kafka record, results of expressions, and
// the places for results of stages.
type extra struct {
	json   []byte
	values []jsondoc.Value // in json, by number
	errs   []error         // why there is no value, by number; empty if all have one
	points index           // the closing braces before which results of stages go, by the scanner's number of the objects
}

// scanned is a document that was scanned.
type scanned struct {
	doc    []byte
	found  jsondoc.Result
	extra  *extra
	record *loaderline.Record // of an event
}

// maker makes an extra value.
type maker interface {
	// make appends the value as JSON, and nothing if there is none. An error of the whole event is a *loaderline.Failure.
	// Any other error is one of the value.
	make(dst []byte, s *scanned) ([]byte, error)
	same(maker) bool
}

// add adds a maker and returns its number. The values that it needs must be added before.
func (p *Paths) add(m maker) int {
	if i := slices.IndexFunc(p.extra, m.same); i >= 0 {
		return i
	}
	p.extra = append(p.extra, m)
	return len(p.extra) - 1
}

// makeExtra makes all extra values of a document. Its error is one of the whole event.
func (p *Paths) makeExtra(s *scanned) error {
	if len(p.extra) == 0 {
		return nil
	}
	x := &extra{values: make([]jsondoc.Value, 0, len(p.extra))}
	s.extra = x
	for i, m := range p.extra {
		from := len(x.json)
		json, err := m.make(x.json, s)
		if _, whole := err.(*loaderline.Failure); whole { //nolint:errorlint // The maker returns it itself.
			return err
		}
		v := jsondoc.Value{}
		switch {
		case err != nil:
			if x.errs == nil {
				x.errs = make([]error, len(p.extra))
			}
			x.errs[i] = err
		case len(json) > from:
			x.json, v = json, jsondoc.Value{From: int32(from), To: int32(len(json)), Kind: jsondoc.Found}
		}
		x.values = append(x.values, v)
	}
	return nil
}

// at returns an extra value, nil if there is none.
func (x *extra) at(number int) ([]byte, error) {
	if x.errs != nil && x.errs[number] != nil {
		return nil, x.errs[number]
	}
	if v := x.values[number]; v.Kind == jsondoc.Found {
		return v.In(x.json), nil
	}
	return nil, nil
}

// computed is an expression over fields of a document.
type computed struct {
	name   string
	expr   *expression.Expression
	fields []part
}

// compute adds the expression of a key's part.
func (p *Paths) compute(k KeyPart) int {
	c := computed{name: k.Name, expr: k.Expr}
	for _, path := range k.Fields {
		c.fields = append(c.fields, p.part(KeyPart{Name: path.String(), Path: path}))
	}
	return p.add(c)
}

func (c computed) same(other maker) bool {
	o, ok := other.(computed)
	return ok && o.name == c.name
}

// make appends the result of the expression; none where it is null.
func (c computed) make(dst []byte, s *scanned) ([]byte, error) {
	values, err := c.expr.Values(func(i int) ([]byte, error) {
		raw, err := c.fields[i].in(0, s)
		if errors.Is(err, stages.ErrNoKey) {
			return nil, nil // What is absent is null.
		}
		return raw, err
	})
	if err != nil {
		return dst, err
	}
	result, err := c.expr.Eval(context.Background(), values)
	if err != nil || result == nil {
		return dst, err
	}
	return expression.AppendJSON(dst, result)
}
