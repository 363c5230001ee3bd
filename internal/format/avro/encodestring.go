package avro

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"math"
	"strconv"

	"github.com/loaderline/loaderline/internal/format"
)

// appendString appends what a string stands for as a value of a type. What it appends where that misfits means nothing.
func appendString(dst []byte, n *node, s format.String) ([]byte, misfit) {
	switch n.logical {
	case logicalNone:
		return appendPlainString(dst, n, s)
	case logicalDecimal, logicalBigDecimal:
		text := s.Bytes()
		if !isNumber(text) {
			return dst, otherKind
		}
		return appendNumber(dst, n, text, false)
	case logicalUUID:
		return appendUUID(dst, n, s)
	case logicalDuration:
		return appendDurationText(dst, s.Bytes())
	default:
		return appendTimeText(dst, n, s.Bytes())
	}
}

func appendPlainString(dst []byte, n *node, s format.String) ([]byte, misfit) {
	switch n.kind {
	case kindString:
		dst, _ = appendPrefixed(dst, s)
		return dst, fits
	case kindEnum:
		i, ok := n.symbolIndex(s.Bytes())
		if !ok {
			return dst, noSymbol
		}
		return binary.AppendVarint(dst, int64(i)), fits
	case kindBytes, kindFixed:
		return appendBase64(dst, n, s.Bytes())
	case kindLong:
		text := s.Bytes()
		if !isNumber(text) {
			return dst, otherKind
		}
		return appendInteger(dst, n, text, false)
	case kindFloat, kindDouble:
		return appendNoNumber(dst, n, s)
	default:
		return dst, otherKind
	}
}

// takesText reports whether a value that begins with c becomes a string of its JSON text.
func (w *writing) takesText(n *node, c byte) bool {
	if !w.options.TextOfAny || n.kind != kindString || n.logical != logicalNone {
		return false
	}
	return c == '0' || c == '{' || c == '[' || c == 't' || c == 'f'
}

// textOfAny appends the JSON text of a value as a string.
func (w *writing) textOfAny(dst []byte) ([]byte, *format.Error) {
	at := w.in.Offset()
	if err := w.in.Skip(w.depth); err != nil {
		return dst, err
	}
	text := w.in.Since(at)
	return append(binary.AppendVarint(dst, int64(len(text))), text...), nil
}

func isNumber(text []byte) bool {
	r := format.NewReader(text)
	if r.Kind() != '0' || r.Offset() > 0 {
		return false
	}
	_, err := r.Number()
	return err == nil && r.Offset() == len(text)
}

// appendPrefixed appends a string behind its length, and says where it stands.
func appendPrefixed(dst []byte, s format.String) ([]byte, span) {
	if plain, ok := s.Plain(); ok {
		dst = binary.AppendVarint(dst, int64(len(plain)))
		from := len(dst)
		return append(dst, plain...), span{from, from + len(plain)}
	}
	at := len(dst)
	dst = s.AppendTo(append(dst, 0))
	size := len(dst) - at - 1
	dst = setNumber(dst, at, size)
	return dst, span{len(dst) - size, len(dst)}
}

func appendBase64(dst []byte, n *node, text []byte) ([]byte, misfit) {
	at := len(dst)
	if n.kind == kindBytes {
		dst = append(dst, 0)
	}
	from := len(dst)
	dst, err := base64.StdEncoding.AppendDecode(dst, text)
	switch {
	case err != nil:
		return dst, noBase64
	case n.kind == kindBytes:
		return setNumber(dst, at, len(dst)-from), fits
	case len(dst)-from != n.size:
		return dst, otherSize
	default:
		return dst, fits
	}
}

// appendNoNumber appends what JSON has no numbers for.
func appendNoNumber(dst []byte, n *node, s format.String) ([]byte, misfit) {
	switch string(s.Bytes()) {
	case "NaN":
		return appendFloatBits(dst, n, math.NaN()), fits
	case "Infinity":
		return appendFloatBits(dst, n, math.Inf(1)), fits
	case "-Infinity":
		return appendFloatBits(dst, n, math.Inf(-1)), fits
	default:
		return dst, otherKind
	}
}

func appendUUID(dst []byte, n *node, s format.String) ([]byte, misfit) {
	text := s.Bytes()
	var id [uuidBytes]byte
	if !parseUUID(&id, text) {
		return dst, noUUID
	}
	if n.kind == kindString {
		dst, _ = appendPrefixed(dst, s)
		return dst, fits
	}
	return append(dst, id[:]...), fits
}

func parseUUID(id *[uuidBytes]byte, text []byte) bool {
	if len(text) != 36 {
		return false
	}
	for i, group := range uuidGroups {
		from := 2*group.from + i
		to := 2*group.to + i
		if to < len(text) && text[to] != '-' {
			return false
		}
		if _, err := hex.Decode(id[group.from:group.to], text[from:to]); err != nil {
			return false
		}
	}
	return true
}

// appendNumber appends a number as a value of a type. If that is asked for, a float has to hold it exactly, and a time has no text for it.
func appendNumber(dst []byte, n *node, number []byte, exact bool) ([]byte, misfit) {
	switch {
	case n.logical == logicalDecimal:
		return appendDecimalNumber(dst, n, number)
	case n.logical == logicalBigDecimal:
		return appendBigDecimal(dst, number)
	case n.kind == kindInt, n.kind == kindLong:
		return appendInteger(dst, n, number, exact)
	case n.kind == kindFloat, n.kind == kindDouble:
		return appendFloatNumber(dst, n, number, exact)
	default:
		return dst, otherKind
	}
}

func appendInteger(dst []byte, n *node, number []byte, exact bool) ([]byte, misfit) {
	value, m := parseInteger(number)
	switch {
	case m != fits:
		return dst, m
	case n.kind == kindInt && value != int64(int32(value)):
		return dst, outOfRange
	case exact && n.hasText(value):
		return dst, notExact
	default:
		return binary.AppendVarint(dst, value), fits
	}
}

func appendFloatNumber(dst []byte, n *node, number []byte, exact bool) ([]byte, misfit) {
	bits := 64
	if n.kind == kindFloat {
		bits = 32
	}
	value, err := strconv.ParseFloat(string(number), bits)
	switch {
	case err != nil:
		return dst, outOfRange
	case exact && !holds(value, bits, number):
		return dst, notExact
	default:
		return appendFloatBits(dst, n, value), fits
	}
}

// holds says that a float is as good as a number: it is the nearest one of 64 bits, its own text is that number, and an integer in digits
// is itself.
func holds(value float64, bits int, number []byte) bool {
	nearest, err := strconv.ParseFloat(string(number), 64)
	if err != nil || nearest != value {
		return false
	}
	if bits == 32 {
		if own, err := strconv.ParseFloat(strconv.FormatFloat(value, 'g', -1, bits), 64); err != nil || own != value {
			return false
		}
	}
	const exactDigits = 15 // So many are never lost.
	if len(number) <= exactDigits {
		return true
	}
	if string(format.AppendFloat(nil, value, bits)) != string(number) {
		return false
	}
	// The shortest text of a large float ends in zeros that its integer may not have.
	return bytes.ContainsAny(number, ".e") || strconv.FormatFloat(value, 'f', 0, 64) == string(number)
}

func appendFloatBits(dst []byte, n *node, value float64) []byte {
	if n.kind == kindFloat {
		return binary.LittleEndian.AppendUint32(dst, math.Float32bits(float32(value)))
	}
	return binary.LittleEndian.AppendUint64(dst, math.Float64bits(value))
}
