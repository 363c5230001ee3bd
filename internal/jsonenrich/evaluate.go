package jsonenrich

import (
	"errors"
	"fmt"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/expression"
	"github.com/loaderline/loaderline/internal/jsondoc"
	"github.com/loaderline/loaderline/sink"
	"github.com/loaderline/loaderline/stages"
)

// evaluation is the memory for the slots of one row.
type evaluation struct {
	program  *program
	renderer *renderer
	row      stages.Row[Document]
	event    Document
	inEvent  []child // whose results are in the event
	tail     []byte  // the chunks of the row
	list     []byte  // of program.each
	items    jsondoc.Result
	item     int // the current element of list

	made   []byte // what slots have made; it only grows during a row
	pieces [][]byte
	found  jsondoc.Result
}

var (
	null  = []byte("null")
	truth = []byte("true")
)

// begin begins with a row.
func (v *evaluation) begin(row stages.Row[Document], event *Document, limit int) {
	v.row, v.event, v.made, v.tail = row, *event, v.made[:0], nil
	v.renderer.begin(row, limit)
}

// raw returns the value of a slot as JSON. It is valid until the next row begins. Its error is a *loaderline.Failure.
func (v *evaluation) raw(s *slot) ([]byte, error) {
	raw, err := v.value(s)
	if err != nil {
		return nil, s.failure(err)
	}
	if raw == nil {
		return null, nil
	}
	return raw, nil
}

// failure names the place of an error, if it has none yet.
func (s *slot) failure(err error) error {
	if f, ok := errors.AsType[*loaderline.Failure](err); ok {
		return f
	}
	return &loaderline.Failure{Kind: sink.KindEncode, Message: fmt.Sprintf("%s: %v", s.place, err)}
}

func (v *evaluation) value(s *slot) ([]byte, error) {
	switch s.kind {
	case literalSlot:
		return s.literal, nil
	case eventSlot:
		return v.eventJSON(), nil
	case fieldSlot, foundSlot:
		raw, err := s.field.in(&v.event, v.row)
		if errors.Is(err, stages.ErrBlocked) {
			return nil, nil
		}
		return raw, err
	case itemSlot:
		raw, err := fieldIn(v.list, v.items.Values[s.number][v.item])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.field.Path, err)
		}
		return raw, nil
	case chunkSlot:
		return v.program.chunk(v.tail, s.number), nil
	case resultSlot:
		from := len(v.made)
		v.renderer.begin(v.row, v.renderer.limit)
		v.made = v.renderer.whole(v.made, s.node)
		return v.made[from:], nil
	case scanSlot:
		return v.scan(s)
	default:
		return v.expression(s)
	}
}

// eventJSON returns the event, with the results that are in it.
func (v *evaluation) eventJSON() []byte {
	if len(v.inEvent) == 0 {
		return v.event.value
	}
	from := len(v.made)
	v.renderer.begin(v.row, v.renderer.limit)
	v.made = v.renderer.spliced(v.made, v.inEvent, v.event.value, v.event.extra.points)
	return v.made[from:]
}

// scan returns what a path leads to in another value.
func (v *evaluation) scan(s *slot) ([]byte, error) {
	inner, err := v.raw(s.inner)
	if err != nil {
		return nil, err
	}
	v.found.Reset()
	if err := s.scanner.Scan(inner, &v.found); err != nil {
		return nil, err
	}
	values := v.found.Values[0]
	if !s.list {
		raw, err := fieldIn(inner, values[0])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.field.Path, err)
		}
		return raw, nil
	}
	from := len(v.made)
	v.made = append(v.made, '[')
	for i, at := range values {
		raw, err := fieldIn(inner, at)
		if err != nil {
			return nil, fmt.Errorf("%s: a value on the path is not the object or list that the path needs", s.field.Path)
		}
		if i > 0 {
			v.made = append(v.made, ',')
		}
		if raw == nil {
			raw = null
		}
		v.made = append(v.made, raw...)
	}
	v.made = append(v.made, ']')
	return v.made[from:], nil
}

// expression evaluates an expression.
func (v *evaluation) expression(s *slot) ([]byte, error) {
	values, err := s.expr.Values(func(i int) ([]byte, error) { return v.raw(&s.operands[i]) })
	if err != nil {
		return nil, err
	}
	result, err := s.expr.Eval(v.row.Context(), values)
	if err != nil {
		return nil, err
	}
	from := len(v.made)
	made, err := expression.AppendJSON(v.made, result)
	if err != nil {
		return nil, err
	}
	v.made = made
	return v.made[from:], nil
}
