package protobuf

import (
	"encoding/binary"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/loaderline/loaderline/internal/format"
)

// maxValues bounds the memory for notes about values, to 64 MiB. Packed values are one.
const maxValues = 4 << 20

// scan notes the fields that stand in body[at:end]. Slots begin at base.
func (d *decoding) scan(l *layout, base, at, end int) *format.Error {
	for at < end {
		from := at
		number, wire, next, err := d.tag(at, end)
		if err != nil {
			return err
		}
		value, next, err := d.value(number, wire, next, end)
		i := l.find(number)
		if i < 0 {
			if err != nil {
				return err
			}
			at = next
			continue
		}
		f := &l.fields[i]
		if err != nil {
			return err.InField(f.name)
		}
		packed := wire == protowire.BytesType && f.packable()
		if wire != f.wire && !packed {
			return fail(from, "its wire type is %d, where %s has %d; the message is of another schema", wire, f.kind, f.wire).InField(f.name)
		}
		if err := d.note(l, base, i, value, packed); err != nil {
			return err.InField(f.name)
		}
		at = next
	}
	return nil
}

// note appends a value to those of a field. It replaces the other member of a oneof, and the value of a scalar.
func (d *decoding) note(l *layout, base, i int, value uint64, packed bool) *format.Error {
	f, s := &l.fields[i], &d.slots[base+i]
	if f.oneof >= 0 {
		member := &d.slots[base+len(l.fields)+int(f.oneof)]
		if other := member.first - 1; other >= 0 && other != int32(i) {
			d.slots[base+int(other)] = slot{}
		}
		member.first = int32(i) + 1
	}
	if s.first != 0 && f.shape == singular && !f.isMessage() {
		d.found[s.last-1].value = value
		return nil
	}
	if len(d.found) >= maxValues {
		return fail(0, "the message has more than %d values", maxValues)
	}
	d.found = append(d.found, occurrence{value: value, packed: packed})
	n := int32(len(d.found))
	if s.first == 0 {
		s.first = n
	} else {
		d.found[s.last-1].next = n
	}
	s.last = n
	return nil
}

// tag reads the number and the wire type of a field.
func (d *decoding) tag(at, end int) (number uint64, wire protowire.Type, next int, err *format.Error) {
	tag, next, err := d.varint(at, end)
	if err != nil {
		return 0, 0, 0, err
	}
	number, wire = tag>>3, protowire.Type(tag&7)
	if number == 0 || number > uint64(protowire.MaxValidNumber) {
		return 0, 0, 0, fail(at, "%d is no field number; this is no Protobuf message, or a damaged one", number)
	}
	return number, wire, next, nil
}

func (d *decoding) varint(at, end int) (value uint64, next int, err *format.Error) {
	if at < end && d.body[at] < 0x80 {
		return uint64(d.body[at]), at + 1, nil
	}
	value, n := protowire.ConsumeVarint(d.body[at:end])
	if n >= 0 {
		return value, at + n, nil
	}
	if end-at < 10 {
		return 0, 0, fail(at, "the message ends within a number; it is cut")
	}
	return 0, 0, fail(at, "a number has more than 64 bits; this is no Protobuf message, or a damaged one")
}

// value reads the value behind a tag, in the form of an occurrence. A group is the span between its tags.
func (d *decoding) value(number uint64, wire protowire.Type, at, end int) (value uint64, next int, err *format.Error) {
	switch wire {
	case protowire.VarintType:
		return d.varint(at, end)
	case protowire.Fixed32Type:
		if end-at < 4 {
			return 0, 0, fail(at, "the message ends within 4 bytes of a number; it is cut")
		}
		return uint64(binary.LittleEndian.Uint32(d.body[at:])), at + 4, nil
	case protowire.Fixed64Type:
		if end-at < 8 {
			return 0, 0, fail(at, "the message ends within 8 bytes of a number; it is cut")
		}
		return binary.LittleEndian.Uint64(d.body[at:]), at + 8, nil
	case protowire.BytesType:
		size, from, err := d.varint(at, end)
		if err != nil {
			return 0, 0, err
		}
		if size > uint64(end-from) {
			return 0, 0, fail(at, "a value of %d bytes begins and %d follow; the message is cut", size, end-from)
		}
		return span(from, from+int(size)), from + int(size), nil
	case protowire.StartGroupType:
		return d.group(number, at, end)
	case protowire.EndGroupType:
		return 0, 0, fail(at, "a group ends that did not begin; this is no Protobuf message, or a damaged one")
	}
	return 0, 0, fail(at, "%d is no wire type; this is no Protobuf message, or a damaged one", wire)
}

// group finds the end of a group whose start tag has been read.
func (d *decoding) group(number uint64, at, end int) (value uint64, next int, err *format.Error) {
	var open [maxDepth]uint64
	open[0] = number
	depth := 1
	for from := at; ; {
		if at == end {
			return 0, 0, fail(at, "the message ends within a group; it is cut")
		}
		n, wire, behind, err := d.tag(at, end)
		if err != nil {
			return 0, 0, err
		}
		switch wire {
		case protowire.StartGroupType:
			if depth == maxDepth {
				return 0, 0, fail(at, "groups are nested more than %d levels deep", maxDepth)
			}
			open[depth] = n
			depth++
			at = behind
		case protowire.EndGroupType:
			depth--
			if n != open[depth] {
				return 0, 0, fail(at, "group %d ends within group %d; this is no Protobuf message, or a damaged one", n, open[depth])
			}
			if depth == 0 {
				return span(from, at), behind, nil
			}
			at = behind
		default:
			if _, at, err = d.value(n, wire, behind, end); err != nil {
				return 0, 0, err
			}
		}
	}
}
