package avro

import (
	"encoding/binary"
	"slices"

	"github.com/loaderline/loaderline/internal/format"
)

// candidate is a type of a union that a kind of JSON value can be of.
type candidate struct {
	branch int
	node   *node
	exact  bool // only numbers that it holds exactly, and times only those that it has no text for
}

// candidates are the types of a union for each kind of JSON value, in the order in which they are tried.
type candidates struct {
	strings, numbers, objects []candidate
	array, boolean            *candidate
	text                      *candidate // a string without a logical type
}

func newCandidates(union []*node) *candidates {
	c := &candidates{}
	var strings, exactTimes, floats, times []candidate // those that come last
	for i, n := range union {
		exact, last := candidate{i, n, true}, candidate{i, n, false}
		switch n.kind {
		case kindRecord, kindMap:
			c.objects = append(c.objects, last)
		case kindArray:
			c.array = &last
		case kindBoolean:
			c.boolean = &last
		case kindString:
			if n.logical == logicalNone {
				c.text = &last
			}
		case kindFloat:
			floats = append(floats, last)
		case kindDouble: // It rounds less than a float.
			floats = append([]candidate{last}, floats...)
		default: // It is a string or an exact number, or both.
		}
		if rank := n.stringRank(); rank == rankOwn {
			c.strings = append(c.strings, last)
		} else if rank == rankOther {
			strings = append(strings, last)
		}
		if rank := n.numberRank(); rank == rankOwn {
			c.numbers = append(c.numbers, exact)
		} else if rank == rankOther {
			exactTimes = append(exactTimes, exact)
			times = append(times, last)
		}
	}
	c.strings = append(c.strings, strings...)
	c.numbers = slices.Concat(c.numbers, exactTimes, floats, times)
	return c
}

// rank says what a kind of JSON value is to a type.
type rank uint8

const (
	rankNone  rank = iota
	rankOwn        // the type's own text
	rankOther      // something that can stand for it
)

func (n *node) stringRank() rank {
	switch {
	case n.logical == logicalDecimal, n.logical == logicalBigDecimal:
		return rankOther
	case n.kind == kindString, n.kind == kindEnum, n.logical != logicalNone:
		return rankOwn
	case n.kind == kindBytes, n.kind == kindFixed, n.kind == kindLong, n.kind == kindFloat, n.kind == kindDouble:
		return rankOther
	default:
		return rankNone
	}
}

func (n *node) numberRank() rank {
	switch {
	case n.logical == logicalDecimal, n.logical == logicalBigDecimal:
		return rankOwn
	case n.kind == kindInt, n.kind == kindLong:
		if n.logical != logicalNone {
			return rankOther
		}
		return rankOwn
	case n.kind == kindFloat, n.kind == kindDouble:
		return rankOwn
	default:
		return rankNone
	}
}

func (w *writing) union(dst []byte, n *node, c byte) ([]byte, *format.Error) {
	switch {
	case c == 'n' && n.null >= 0:
		return binary.AppendVarint(dst, int64(n.null)), w.in.Literal()
	case c == '"' && len(n.candidates.strings) > 0:
		return w.scalar(dst, n, n.candidates.strings)
	case c == '0' && len(n.candidates.numbers) > 0:
		return w.scalar(dst, n, n.candidates.numbers)
	case c == '{' && len(n.candidates.objects) > 0:
		return w.object(dst, n.candidates.objects)
	case c == '[' && n.candidates.array != nil:
		return w.branch(dst, n.candidates.array)
	case (c == 't' || c == 'f') && n.candidates.boolean != nil:
		return w.branch(dst, n.candidates.boolean)
	case n.candidates.text != nil && w.takesText(n.candidates.text.node, c):
		return w.branch(dst, n.candidates.text)
	default:
		return dst, w.in.Want(n.String())
	}
}

func (w *writing) branch(dst []byte, c *candidate) ([]byte, *format.Error) {
	return w.value(binary.AppendVarint(dst, int64(c.branch)), c.node)
}

// scalar writes a string or a number as the first type that fits it.
func (w *writing) scalar(dst []byte, n *node, from []candidate) ([]byte, *format.Error) {
	if len(from) == 1 || len(from) == 2 && from[0].branch == from[1].branch {
		return w.branch(dst, &from[0]) // Its errors are more precise.
	}
	at := w.in.Offset()
	var s format.String
	var number []byte
	var err *format.Error
	isString := w.in.Kind() == '"'
	if isString {
		s, err = w.in.String()
	} else {
		number, err = w.in.Number()
	}
	if err != nil {
		return dst, err
	}
	for i := range from {
		c := &from[i]
		out := binary.AppendVarint(dst, int64(c.branch))
		var m misfit
		if isString {
			out, m = appendString(out, c.node, s)
		} else {
			out, m = appendNumber(out, c.node, number, c.exact)
		}
		if m == fits {
			return out, nil
		}
	}
	err = w.fail(at, "the value fits none of the types of the union: it wants %s", n)
	err.Shown = format.Show(w.in.Since(at))
	return dst, err
}
