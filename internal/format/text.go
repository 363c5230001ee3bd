package format

import (
	"encoding/base64"
	"math"
	"strconv"
	"time"
	"unicode/utf8"
)

// clean has the bytes that stand in a JSON string as they are and need no look at their neighbours.
var clean = func() (table [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		table[c] = c != '"' && c != '\\'
	}
	return table
}()

// AppendString appends text as a JSON string. It returns false where the text is not UTF-8.
func AppendString(dst, text []byte) ([]byte, bool) {
	dst = append(dst, '"')
	i := 0
	for i < len(text) && clean[text[i]] {
		i++
	}
	if i < len(text) {
		if !utf8.Valid(text[i:]) {
			return dst, false
		}
		return append(appendEscaped(dst, text, i), '"'), true
	}
	dst = append(dst, text...)
	return append(dst, '"'), true
}

// appendEscaped appends text whose first unclean byte is at i.
func appendEscaped(dst, text []byte, i int) []byte {
	from := 0
	for ; i < len(text); i++ {
		c := text[i]
		if clean[c] || c >= utf8.RuneSelf {
			continue
		}
		dst = append(dst, text[from:i]...)
		dst = appendEscape(dst, c)
		from = i + 1
	}
	return append(dst, text[from:]...)
}

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	default:
		const hex = "0123456789abcdef"
		return append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
	}
}

// AppendBase64 appends bytes as a JSON string of standard base64 with padding.
func AppendBase64(dst, value []byte) []byte {
	dst = append(dst, '"')
	dst = base64.StdEncoding.AppendEncode(dst, value)
	return append(dst, '"')
}

// AppendFloat appends the shortest text that is read as the same float of 32 or 64 bits. What is no number is a string: "NaN", "Infinity",
// "-Infinity".
func AppendFloat(dst []byte, value float64, bits int) []byte {
	switch {
	case math.IsNaN(value):
		return append(dst, `"NaN"`...)
	case math.IsInf(value, 1):
		return append(dst, `"Infinity"`...)
	case math.IsInf(value, -1):
		return append(dst, `"-Infinity"`...)
	}
	notation := byte('f')
	if size := math.Abs(value); size != 0 && (size < 1e-6 || size >= 1e21) {
		notation = 'e'
	}
	return strconv.AppendFloat(dst, value, notation, -1, bits)
}

// The seconds since 1970 that RFC 3339 has years for: 0000 to 9999.
const (
	minSecond = -62_167_219_200
	maxSecond = 253_402_300_799
)

// AppendTime appends an instant as a JSON string of RFC 3339 in UTC, without trailing zeros of its fraction. It returns false, and
// appends nothing, outside of the years 0000 to 9999.
func AppendTime(dst []byte, seconds int64, nanos int) ([]byte, bool) {
	if seconds < minSecond || seconds > maxSecond {
		return dst, false
	}
	dst = append(dst, '"')
	dst = time.Unix(seconds, int64(nanos)).UTC().AppendFormat(dst, time.RFC3339Nano)
	return append(dst, '"'), true
}
