package avro

import (
	"github.com/loaderline/loaderline/internal/format"
)

// members is the object that a record is read from.
type members struct {
	node   *node
	passed int // where its entries in writing.passed begin, or -1 if it has none
	first  bool
	done   bool
}

// record writes the fields in the order of the schema. Members that come before their turn are passed, and read when it is.
func (w *writing) record(dst []byte, n *node) ([]byte, *format.Error) {
	outer := w.passed.len()
	m := members{node: n, passed: -1, first: true}
	for i := range n.fields {
		f := &n.fields[i]
		resume, found, err := w.find(&m, i)
		switch {
		case err != nil:
			return dst, err
		case found:
			dst, err = w.value(dst, f.node)
		case w.mayMiss(f):
			dst = append(dst, f.absent...)
		default:
			err = w.missing()
		}
		if err == nil && len(dst) > w.limit {
			err = w.tooLong()
		}
		if err != nil {
			return dst, err.InField(f.name)
		}
		if resume >= 0 {
			w.in.Seek(resume)
		}
	}
	_, _, err := w.find(&m, len(n.fields))
	w.passed.shrink(outer)
	return dst, err
}

// find goes to the value of a field. Where that was passed, resume is the offset to go back to behind it, and else -1.
func (w *writing) find(m *members, field int) (resume int, found bool, err *format.Error) {
	if m.passed >= 0 && field < len(m.node.fields) {
		if offset := w.passed.at(m.passed + field); offset > 0 {
			resume = w.in.Offset()
			w.in.Seek(offset)
			return resume, true, nil
		}
	}
	for !m.done {
		more, err := w.in.More('}', m.first)
		if err != nil {
			return -1, false, err
		}
		m.first = false
		if !more {
			m.done = true
			break
		}
		found, err := w.member(m, field)
		if err != nil || found {
			return -1, found, err
		}
	}
	return -1, false, nil
}

// member reads a member's name. It passes the value unless it is the field's.
func (w *writing) member(m *members, field int) (found bool, err *format.Error) {
	at := w.in.Offset()
	name, err := w.in.Name()
	if err != nil {
		return false, err
	}
	text := name.Bytes()
	if field < len(m.node.fields) && m.node.fields[field].name == string(text) {
		return true, nil
	}
	index, known := m.node.fieldIndex(text)
	switch {
	case !known && w.refusesUnknown():
		return false, w.unknown(at, m.node, name)
	case known && (index < field || m.passed >= 0 && w.passed.at(m.passed+index) > 0):
		return false, w.fail(at, "the object has this member twice").InField(m.node.fields[index].name)
	case known:
		if m.passed < 0 {
			m.passed = w.passed.grow(len(m.node.fields))
		}
		w.passed.set(m.passed+index, w.in.Offset())
	}
	return false, w.in.Skip(w.depth)
}

// mayMiss says whether the member of a field can be missing.
func (w *writing) mayMiss(f *field) bool { return f.optional && !w.exact }

func (w *writing) missing() *format.Error {
	return w.fail(w.in.Offset()-1, "the member is missing, and the schema has no default for it")
}

// refusesUnknown says whether a member that the schema has no field for is an error.
func (w *writing) refusesUnknown() bool { return !w.options.IgnoreUnknown || w.exact }

func (w *writing) unknown(at int, n *node, name format.String) *format.Error {
	err := w.fail(at, "the schema's %s has no field of this name", n)
	err.Shown = format.Show(name.Bytes())
	return err
}
