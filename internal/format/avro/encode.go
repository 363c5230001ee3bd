package avro

import (
	"encoding/binary"
	"fmt"

	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/plural"
)

// EncodeOptions choose what an Encoder takes.
type EncodeOptions struct {
	IgnoreUnknown bool // members that the schema has no field for are left out; by default they are errors
	TextOfAny     bool // a string can be any other value than null, and is then its JSON text. By default that is an error
	MaxBytes      int  // how long the encoding of one value may become. Defaults to format.DefaultMaxBytes
}

// Encoder reads JSON text as values of a schema. It is safe for concurrent use. It takes what a [Decoder] writes, whatever the decoder's
// options, and besides:
//
//   - The members of a record come in any order. A member that is missing is the field's default, or null if the field can be null.
//   - An int or long is a number that is an integer in any notation, such as 1e3. A long can be a string of digits too.
//   - A decimal is a number or a string of one. It has at most as many decimal places as the scale, zeros at the end aside: nothing is rounded.
//   - A date or time is RFC 3339 or the number that it is stored as. A timestamp has any offset. It has no digits that its unit cannot hold.
//   - A float or double is the nearest one of any number in its range.
//
// It refuses two things that a Decoder writes: a string that is no UUID where the schema says it is, and a decimal with more digits than the
// schema's precision.
//
// A value of a union is of the first type that fits it:
//
//   - A string is first tried as the types whose own text is a string: string, uuid, enum, dates and times. What a string can stand for comes
//     after them: base64, decimals, longs, NaN.
//   - A number is first tried as the types that hold it exactly, then as floats that round it, then as times.
//   - An object is first tried as records that it has exactly the members of, and as maps, without rounding anything within. Then members may
//     be missing.
type Encoder struct {
	root    *node
	options EncodeOptions
}

// Encoder makes an encoder.
func (s *Schema) Encoder(options EncodeOptions) *Encoder {
	if options.MaxBytes <= 0 {
		options.MaxBytes = format.DefaultMaxBytes
	}
	return &Encoder{root: s.root, options: options}
}

// AppendAvro appends the encoding of the value that a JSON text stands for. Its errors are *format.Error; dst is then as it was.
func (e *Encoder) AppendAvro(dst, json []byte) ([]byte, error) {
	w := writing{in: format.NewReader(json), options: &e.options, limit: len(dst) + e.options.MaxBytes}
	w.spare = attempts*len(json) + leastSpare
	out, err := w.value(dst, e.root)
	if err == nil {
		err = w.in.End()
	}
	w.keys.giveBack()
	w.passed.giveBack()
	if err != nil {
		return dst, err
	}
	return out, nil
}

// What a union may read again until it knows which of its types an object is: so many times the JSON text, and so many bytes besides.
// Types within types would else take time that grows exponentially with the depth.
const (
	attempts   = 64
	leastSpare = 64 << 10
)

// writing is one value on its way to Avro.
type writing struct {
	in      format.Reader
	options *EncodeOptions
	limit   int // of the length of what is written
	depth   int
	empty   int // items without bytes so far
	spare   int // bytes of JSON that attempts may still read
	keys    keys
	passed  offsets

	// No member may be missing or unknown, and no number is rounded, while a union looks for the type that fits best.
	exact bool
}

func (w *writing) fail(at int, reason string, args ...any) *format.Error {
	return &format.Error{Offset: at, Reason: fmt.Sprintf(reason, args...)}
}

func (w *writing) value(dst []byte, n *node) ([]byte, *format.Error) {
	c := w.in.Kind()
	at := w.in.Offset()
	switch {
	case n.kind == kindUnion:
		return w.union(dst, n, c)
	case n.kind == kindRecord, n.kind == kindArray, n.kind == kindMap:
		return w.composite(dst, n, c)
	case w.takesText(n, c):
		return w.textOfAny(dst)
	case c == '"':
		s, err := w.in.String()
		if err != nil {
			return dst, err
		}
		dst, m := appendString(dst, n, s)
		return w.fitting(dst, n, m, at)
	case c == '0':
		number, err := w.in.Number()
		if err != nil {
			return dst, err
		}
		dst, m := appendNumber(dst, n, number, w.exact)
		return w.fitting(dst, n, m, at)
	case n.kind == kindNull && c == 'n':
		return dst, w.in.Literal()
	case n.kind == kindBoolean && c == 't':
		return append(dst, 1), w.in.Literal()
	case n.kind == kindBoolean && c == 'f':
		return append(dst, 0), w.in.Literal()
	default:
		return dst, w.in.Want(n.String())
	}
}

// fitting is what was appended for a scalar, or the error why nothing was.
func (w *writing) fitting(dst []byte, n *node, m misfit, at int) ([]byte, *format.Error) {
	if m == fits {
		return dst, nil
	}
	err := w.fail(at, "%s", m.reason(n))
	err.Shown = format.Show(w.in.Since(at))
	return dst, err
}

func (w *writing) composite(dst []byte, n *node, c byte) ([]byte, *format.Error) {
	opening := byte('{')
	if n.kind == kindArray {
		opening = '['
	}
	if c != opening {
		return dst, w.in.Want(n.String())
	}
	if w.depth++; w.depth > format.MaxDepth {
		return dst, w.in.TooDeep()
	}
	w.in.Enter()
	var err *format.Error
	switch n.kind {
	case kindRecord:
		dst, err = w.record(dst, n)
	case kindArray:
		dst, err = w.array(dst, n)
	default:
		dst, err = w.entries(dst, n)
	}
	w.depth--
	return dst, err
}

func (w *writing) tooLong() *format.Error {
	return w.fail(w.in.Offset(), "the encoded value has more than %d bytes", w.options.MaxBytes)
}

func (w *writing) array(dst []byte, n *node) ([]byte, *format.Error) {
	at := len(dst)
	dst = append(dst, 0)
	for items := 0; ; items++ {
		more, err := w.in.More(']', items == 0)
		if err != nil {
			return dst, err
		}
		if !more {
			return endItems(dst, at, items), nil
		}
		if dst, err = w.value(dst, n.item); err != nil {
			return dst, err.InItem(items)
		}
		if err := w.bounded(dst, n); err != nil {
			return dst, err.InItem(items)
		}
	}
}

// bounded checks what another item of an array or map has made.
func (w *writing) bounded(dst []byte, n *node) *format.Error {
	if n.kind == kindArray && n.item.least == 0 {
		if w.empty++; w.empty > maxEmptyItems {
			return w.fail(w.in.Offset(), "the value has more than %s without bytes", plural.Count(maxEmptyItems, "item"))
		}
	}
	if len(dst) > w.limit {
		return w.tooLong()
	}
	return nil
}

func (w *writing) entries(dst []byte, n *node) ([]byte, *format.Error) {
	outer, at := w.keys.len(), len(dst)
	dst = append(dst, 0)
	entries := 0
	for ; ; entries++ {
		more, err := w.in.More('}', entries == 0)
		if err != nil {
			return dst, err
		}
		if !more {
			break
		}
		key, err := w.in.Name()
		if err != nil {
			return dst, err
		}
		var at span
		dst, at = appendPrefixed(dst, key)
		w.keys.add(at)
		if dst, err = w.value(dst, n.item); err != nil {
			return dst, err.InItem(entries)
		}
		if err := w.bounded(dst, n); err != nil {
			return dst, err.InItem(entries)
		}
	}
	if twice, ok := w.keys.leave(dst, outer); ok {
		err := w.fail(w.in.Offset(), "the object has a name twice")
		err.Shown = format.Show(twice.in(dst))
		return dst, err
	}
	return endItems(dst, at, entries), nil
}

// endItems puts the number of items into the byte that was left for it, and ends them. That byte is the end itself if there are none.
func endItems(dst []byte, at, items int) []byte {
	if items == 0 {
		return dst
	}
	return append(setNumber(dst, at, items), 0)
}

// setNumber puts a number into the byte that was left for it, and makes room if it takes more.
func setNumber(dst []byte, at, number int) []byte {
	if number < 64 {
		dst[at] = byte(number << 1)
		return dst
	}
	var buffer [binary.MaxVarintLen64]byte
	size := binary.PutVarint(buffer[:], int64(number))
	dst = append(dst, buffer[:size-1]...)
	copy(dst[at+size:], dst[at+1:len(dst)-size+1])
	copy(dst[at:], buffer[:size])
	return dst
}
