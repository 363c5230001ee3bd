package avro

import (
	"encoding/binary"
	"fmt"

	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/plural"
)

// Decoder writes values of a schema as JSON text. It is safe for concurrent use. By default types look as follows.
//
//   - A union is null or the value itself, without the name of its type.
//   - A decimal or big-decimal is a number with as many decimal places as its scale.
//   - A date is "2006-01-02". A time of day is "15:04:05.999999", a timestamp "2006-01-02T15:04:05.999999Z", and a local timestamp the same
//     without Z. Zeros at the end of a fraction are left out. A time that these have no text for, such as one after the year 9999, is the
//     number that it is stored as.
//   - A duration is "P1M2DT3.004S": months, days and seconds as they are stored, without those that are zero. A zero duration is "PT0S".
//   - A uuid is its text. Other bytes and fixed are base64. An enum is its symbol.
//   - NaN and the infinities are the strings "NaN", "Infinity" and "-Infinity".
//   - Records and maps are objects.
type Decoder struct {
	root    *node
	options format.Options
}

// Decoder makes a decoder.
func (s *Schema) Decoder(options format.Options) *Decoder {
	return &Decoder{root: s.root, options: options}
}

// AppendJSON appends the JSON text of the value that body is the encoding of. Its errors are *format.Error; dst is then as it was.
func (d *Decoder) AppendJSON(dst, body []byte) ([]byte, error) {
	r := reading{body: body, options: &d.options, limit: len(dst) + d.options.Limit()}
	out, err := r.value(dst, d.root)
	r.keys.giveBack()
	if err == nil && r.at < len(body) {
		err = r.fail(r.at, "the body has %s behind the value: it may be of another schema", plural.Count(len(body)-r.at, "byte"))
	}
	if err != nil {
		return dst, err
	}
	return out, nil
}

// maxEmptyItems is how many items of lists may take no bytes in one value. A body says in three bytes that it has a billion of them.
const maxEmptyItems = 4096

// reading is one value on its way to JSON.
type reading struct {
	body    []byte
	at      int
	options *format.Options
	limit   int // of the length of what is written
	depth   int
	empty   int  // items without bytes so far
	keys    keys // in body, of the maps that are open
}

func (r *reading) fail(at int, reason string, args ...any) *format.Error {
	return &format.Error{Offset: at, Reason: fmt.Sprintf(reason, args...)}
}

func (r *reading) value(dst []byte, n *node) ([]byte, *format.Error) {
	if n.logical != logicalNone {
		return r.logical(dst, n)
	}
	switch n.kind {
	case kindNull:
		return append(dst, "null"...), nil
	case kindBoolean:
		return r.boolean(dst)
	case kindInt:
		return r.int(dst)
	case kindLong:
		return r.long(dst)
	case kindFloat, kindDouble:
		return r.float(dst, n.kind)
	case kindString:
		return r.string(dst)
	case kindEnum:
		return r.enum(dst, n)
	case kindBytes, kindFixed:
		return r.base64(dst, n)
	default:
		return r.composite(dst, n)
	}
}

func (r *reading) composite(dst []byte, n *node) ([]byte, *format.Error) {
	if n.kind == kindUnion {
		return r.union(dst, n)
	}
	if r.depth++; r.depth > format.MaxDepth {
		return dst, r.fail(r.at, "is nested more than %d levels deep", format.MaxDepth)
	}
	var err *format.Error
	switch n.kind {
	case kindRecord:
		dst, err = r.record(dst, n)
	case kindArray:
		dst, err = r.array(dst, n)
	default:
		dst, err = r.entries(dst, n)
	}
	r.depth--
	return dst, err
}

// varint reads an int or a long.
func (r *reading) varint() (int64, *format.Error) {
	if r.at < len(r.body) {
		if b := r.body[r.at]; b < 0x80 {
			r.at++
			return int64(b>>1) ^ -int64(b&1), nil
		}
	}
	return r.longVarint()
}

func (r *reading) longVarint() (int64, *format.Error) {
	value, size := binary.Varint(r.body[r.at:])
	switch {
	case size < 0:
		return 0, r.fail(r.at, "the number has more than 64 bits")
	case size == 0:
		return 0, r.fail(r.at, "the body ends within a number")
	}
	r.at += size
	return value, nil
}

// int32 reads an int, which only differs from a long in its range.
func (r *reading) int32() (int64, *format.Error) {
	at := r.at
	value, err := r.varint()
	if err == nil && value != int64(int32(value)) {
		err = r.fail(at, "the number does not fit an int")
	}
	return value, err
}

// cut is the error of what has more bytes than follow.
func (r *reading) cut(at int, what string, size int64) *format.Error {
	return r.fail(at, "the %s has %s, and the body ends after %d", what, plural.Count(size, "byte"), len(r.body)-r.at)
}

// next passes some bytes.
func (r *reading) next(size int, what string) ([]byte, *format.Error) {
	if size > len(r.body)-r.at {
		return nil, r.cut(r.at, what, int64(size))
	}
	from := r.at
	r.at += size
	return r.body[from:r.at], nil
}

// prefixed passes a string or bytes, which begin with their length.
func (r *reading) prefixed(what string) ([]byte, *format.Error) {
	at := r.at
	size, err := r.varint()
	switch {
	case err != nil:
		return nil, err
	case size < 0:
		return nil, r.fail(at, "the %s has a negative length", what)
	case size > int64(len(r.body)-r.at):
		return nil, r.cut(at, what, size)
	}
	return r.next(int(size), what)
}
