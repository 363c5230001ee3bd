package avro

import "github.com/loaderline/loaderline/internal/format"

// object writes an object as the first type that fits it: first those that hold it exactly, and then those whose defaults stand in for missing
// members, and whose floats round. The error is that of the type that fitted longest.
func (w *writing) object(dst []byte, from []candidate) ([]byte, *format.Error) {
	if len(from) == 1 {
		return w.branch(dst, &from[0])
	}
	start := w.mark()
	var longest *format.Error
	for _, exact := range [...]bool{true, false} {
		if w.exact && !exact {
			break
		}
		for i := range from {
			w.exact = exact
			out, err := w.attempt(dst, &from[i])
			w.exact = start.exact
			if err == nil {
				return out, nil
			}
			if longest == nil || err.Offset > longest.Offset {
				longest = err
			}
			if w.spare -= w.in.Offset() - start.at; w.spare < 0 {
				return dst, w.fail(start.at, "the object takes too many attempts to find out which type of the union it is")
			}
			w.reset(start)
		}
	}
	return dst, longest
}

// attempt writes an object as a type. It looks at all names first: most types do not fit by them, and objects within the object need not be
// tried then.
func (w *writing) attempt(dst []byte, c *candidate) ([]byte, *format.Error) {
	if c.node.kind == kindRecord {
		at := w.in.Offset()
		if err := w.outline(c.node); err != nil {
			return dst, err
		}
		w.in.Seek(at)
	}
	return w.branch(dst, c)
}

// mark is where an attempt begins.
type mark struct {
	at, depth, empty, keys, passed int
	exact                          bool
}

func (w *writing) mark() mark {
	return mark{w.in.Offset(), w.depth, w.empty, w.keys.len(), w.passed.len(), w.exact}
}

func (w *writing) reset(m mark) {
	w.in.Seek(m.at)
	w.depth, w.empty, w.exact = m.depth, m.empty, m.exact
	w.keys.shrink(m.keys)
	w.passed.shrink(m.passed)
}

// outline passes an object, and checks that a record can have members of these names.
func (w *writing) outline(n *node) *format.Error {
	seen := w.passed.grow(len(n.fields))
	defer w.passed.shrink(seen)
	w.in.Enter()
	for first := true; ; first = false {
		more, err := w.in.More('}', first)
		if err != nil {
			return err
		}
		if !more {
			break
		}
		at := w.in.Offset()
		name, err := w.in.Name()
		if err != nil {
			return err
		}
		if i, known := n.fieldIndex(name.Bytes()); known {
			w.passed.set(seen+i, at)
		} else if w.refusesUnknown() {
			return w.unknown(at, n, name)
		}
		if err := w.in.Skip(w.depth + 1); err != nil {
			return err
		}
	}
	for i := range n.fields {
		if w.passed.at(seen+i) == 0 && !w.mayMiss(&n.fields[i]) {
			return w.missing().InField(n.fields[i].name)
		}
	}
	return nil
}
