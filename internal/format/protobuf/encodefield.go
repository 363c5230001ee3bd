package protobuf

import (
	"encoding/binary"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/loaderline/loaderline/internal/format"
)

// field writes a field with its tags. A value that a field without presence has anyway is not written.
func (e *encoding) field(f *field) *format.Error {
	switch f.shape {
	case list:
		return e.list(f)
	case mapping:
		return e.mapping(f)
	case singular:
	}
	from := len(e.dst)
	zero, err := e.element(f)
	if zero && f.implicit {
		e.dst = e.dst[:from]
	}
	return err
}

// element writes one value with its tag, and says whether it is zero.
func (e *encoding) element(f *field) (zero bool, err *format.Error) {
	e.dst = protowire.AppendTag(e.dst, f.number, f.wire)
	switch f.kind {
	case protoreflect.GroupKind:
		err = e.message(f.message)
		e.dst = protowire.AppendTag(e.dst, f.number, protowire.EndGroupType)
		return false, err
	case protoreflect.MessageKind:
		from := e.begin()
		err = e.message(f.message)
		e.end(from)
		return false, err
	default:
		return e.scalar(f)
	}
}

// begin leaves one byte for the length of what follows.
func (e *encoding) begin() (from int) {
	e.dst = append(e.dst, 0)
	return len(e.dst)
}

// end puts the length of dst[from:] before it.
func (e *encoding) end(from int) {
	size := len(e.dst) - from
	if size < 0x80 {
		e.dst[from-1] = byte(size)
		return
	}
	extra := protowire.SizeVarint(uint64(size)) - 1
	var room [binary.MaxVarintLen64]byte
	e.dst = append(e.dst, room[:extra]...)
	copy(e.dst[from+extra:], e.dst[from:from+size])
	binary.PutUvarint(e.dst[from-1:], uint64(size))
}

func (e *encoding) list(f *field) *format.Error {
	if err := e.open('[', "a list"); err != nil {
		return err
	}
	packedFrom := 0
	for n := 0; ; n++ {
		more, err := e.in.More(']', n == 0)
		if err != nil {
			return err
		}
		if !more {
			break
		}
		if n == 0 && f.packed {
			e.dst = protowire.AppendTag(e.dst, f.number, protowire.BytesType)
			packedFrom = e.begin()
		}
		switch {
		case e.in.Kind() == 'n' && !f.nullable():
			err = e.in.Want("a value for each element")
		case f.packed:
			_, err = e.scalar(f)
		default:
			_, err = e.element(f)
		}
		if err != nil {
			return err.InItem(n)
		}
	}
	if packedFrom > 0 {
		e.end(packedFrom)
	}
	return nil
}

// scalar writes a value that is no message, without its tag, and says whether it is zero.
func (e *encoding) scalar(f *field) (zero bool, err *format.Error) {
	switch f.kind {
	case protoreflect.StringKind:
		text, err := e.string()
		if err != nil {
			return false, err
		}
		e.dst = protowire.AppendBytes(e.dst, text)
		return len(text) == 0, nil
	case protoreflect.BytesKind:
		return e.bytes()
	case protoreflect.BoolKind:
		return e.boolean()
	case protoreflect.EnumKind:
		return e.enum(f.enum)
	case protoreflect.FloatKind:
		return e.float(32)
	case protoreflect.DoubleKind:
		return e.float(64)
	default:
		at := e.start()
		text, err := e.numeral("an integer")
		if err != nil {
			return false, err
		}
		n, problem := format.ParseInteger(text)
		if problem == "" {
			problem = e.integer(f, n)
		}
		if problem != "" {
			return false, bad(at, problem, text)
		}
		return n.Magnitude == 0, nil
	}
}

// string reads a string, or any other value as its JSON text if the options say so.
func (e *encoding) string() ([]byte, *format.Error) {
	if !e.options.TextOfAny || e.in.Kind() == '"' || e.in.Kind() == 'n' {
		return e.str("a string")
	}
	at := e.start()
	if err := e.in.Skip(e.depth); err != nil {
		return nil, err
	}
	return e.in.Since(at), nil
}

// bad is an error about a value. The problem is the end of a sentence about it, such as "is no number".
func bad(at int, problem string, value []byte) *format.Error {
	return wrong(at, "the value "+problem, value)
}

// wrong is an error that shows how what is wrong begins.
func wrong(at int, problem string, value []byte) *format.Error {
	return &format.Error{Offset: at, Reason: problem, Shown: format.Show(value)}
}
