package protobuf

import (
	"math"
	"strconv"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/loaderline/loaderline/internal/format"
)

// render writes a message whose fields are in the slots from base. It begins at byte at.
func (d *decoding) render(l *layout, base, at int) *format.Error {
	for _, i := range l.required {
		if d.slots[base+int(i)].first == 0 {
			return fail(at, "a required field is absent").InField(l.fields[i].name)
		}
	}
	switch l.special {
	case timestamp, duration:
		return d.time(l, base, at)
	case fieldMask:
		return d.mask(base)
	case anyMessage:
		return d.any(base)
	case dynamicValue:
		return d.dynamic(l, base)
	case wrapper, structure, listValue:
		return d.field(&l.fields[onlyField], d.slots[base+onlyField])
	default:
		d.dst = append(d.dst, '{')
		if err := d.members(l, base); err != nil {
			return err
		}
		d.dst = closed(d.dst, '}')
		return nil
	}
}

// members writes the fields of a message, each with a comma behind it.
func (d *decoding) members(l *layout, base int) *format.Error {
	for i := range l.fields {
		f, s := &l.fields[i], d.slots[base+i]
		if s.first == 0 && !f.implicit {
			continue
		}
		d.dst = append(d.dst, f.key...)
		if err := d.field(f, s); err != nil {
			return err.InField(f.name)
		}
		d.dst = append(d.dst, ',')
	}
	return nil
}

// closed puts a bracket in the place of the comma behind the last member or element.
func closed(dst []byte, bracket byte) []byte {
	if last := len(dst) - 1; dst[last] == ',' {
		dst[last] = bracket
		return dst
	}
	return append(dst, bracket)
}

// field writes the value of a field.
func (d *decoding) field(f *field, s slot) *format.Error {
	switch {
	case f.shape == list:
		return d.list(f, s)
	case f.shape == mapping:
		return d.mapping(f.message, s)
	case f.isMessage():
		return d.message(f.message, s.first, s.last)
	case s.first == 0:
		return d.scalar(f, 0)
	default:
		return d.scalar(f, d.found[s.first-1].value)
	}
}

func (d *decoding) list(f *field, s slot) *format.Error {
	d.dst = append(d.dst, '[')
	for i, n := s.first, 0; i != 0; {
		var err *format.Error
		o := d.found[i-1]
		switch {
		case o.packed:
			n, err = d.packed(f, o.value, n)
		case f.isMessage():
			err = d.message(f.message, i, i)
			d.dst = append(d.dst, ',')
			n++
		default:
			err = d.scalar(f, o.value)
			d.dst = append(d.dst, ',')
			n++
		}
		if err == nil && len(d.dst) > d.limit {
			err = d.tooLong(len(d.body))
		}
		if err != nil {
			return err.InItem(n - 1)
		}
		i = o.next
	}
	d.dst = closed(d.dst, ']')
	return nil
}

// packed writes the elements of a length-delimited value. n elements of the list come before them.
func (d *decoding) packed(f *field, value uint64, n int) (count int, err *format.Error) {
	for at, end := bounds(value); at < end; n++ {
		var element uint64
		if element, at, err = d.value(0, f.wire, at, end); err != nil {
			return n + 1, err
		}
		if err = d.scalar(f, element); err != nil {
			return n + 1, err
		}
		d.dst = append(d.dst, ',')
		if len(d.dst) > d.limit {
			return n + 1, d.tooLong(at)
		}
	}
	return n, nil
}

// scalar writes a value that is no message.
func (d *decoding) scalar(f *field, value uint64) *format.Error {
	switch f.kind {
	case protoreflect.StringKind:
		from, _ := bounds(value)
		var ok bool
		if d.dst, ok = format.AppendString(d.dst, d.bytes(value)); !ok {
			return fail(from, "the string has invalid UTF-8")
		}
	case protoreflect.BytesKind:
		d.dst = format.AppendBase64(d.dst, d.bytes(value))
	case protoreflect.BoolKind:
		d.dst = strconv.AppendBool(d.dst, value != 0)
	case protoreflect.EnumKind:
		d.dst = appendEnum(d.dst, f.enum, int32(value))
	case protoreflect.FloatKind:
		d.dst = format.AppendFloat(d.dst, float64(math.Float32frombits(uint32(value))), 32)
	case protoreflect.DoubleKind:
		d.dst = format.AppendFloat(d.dst, math.Float64frombits(value), 64)
	case protoreflect.Int64Kind, protoreflect.Uint64Kind, protoreflect.Sint64Kind, protoreflect.Fixed64Kind, protoreflect.Sfixed64Kind:
		if d.options.Int64AsText {
			d.dst = append(appendInteger(append(d.dst, '"'), f.kind, canonical(f.kind, value)), '"')
			break
		}
		d.dst = appendInteger(d.dst, f.kind, canonical(f.kind, value))
	default:
		d.dst = appendInteger(d.dst, f.kind, canonical(f.kind, value))
	}
	return nil
}
