package lookupkey

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// AppendString appends text as a JSON string with as few escapes as JSON allows, so that equal texts are equal
// strings. text must be UTF-8.
func AppendString[T string | []byte](dst []byte, text T) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, text[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\b':
			dst = append(dst, '\\', 'b')
		case '\f':
			dst = append(dst, '\\', 'f')
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	dst = append(dst, text[start:]...)
	return append(dst, '"')
}

// appendDecoded appends the characters of a JSON string with its quotes.
func appendDecoded[T string | []byte](dst []byte, raw T) ([]byte, error) {
	if len(raw) < 2 || raw[len(raw)-1] != '"' {
		return dst, errors.New("the string does not end")
	}
	from := len(dst)
	body := raw[1 : len(raw)-1]
	for i := 0; i < len(body); {
		c := body[i]
		switch {
		case c == '"':
			return dst, errors.New("there is more than one string")
		case c < 0x20:
			return dst, fmt.Errorf("the string holds the control character %#02x without an escape", c)
		case c != '\\':
			dst = append(dst, c)
			i++
			continue
		}
		decoded, n, err := appendEscape(dst, body[i:])
		if err != nil {
			return dst, err
		}
		dst, i = decoded, i+n
	}
	if !utf8.Valid(dst[from:]) {
		return dst, errors.New("the string is not UTF-8")
	}
	return dst, nil
}

// appendEscape decodes the escape that s begins with, and says how long it is.
func appendEscape[T string | []byte](dst []byte, s T) ([]byte, int, error) {
	if len(s) < 2 {
		return dst, 0, errors.New("the string does not end")
	}
	switch s[1] {
	case '"', '\\', '/':
		return append(dst, s[1]), 2, nil
	case 'b':
		return append(dst, '\b'), 2, nil
	case 'f':
		return append(dst, '\f'), 2, nil
	case 'n':
		return append(dst, '\n'), 2, nil
	case 'r':
		return append(dst, '\r'), 2, nil
	case 't':
		return append(dst, '\t'), 2, nil
	case 'u':
		r := unit(s)
		if r < 0 {
			break
		}
		if !utf16.IsSurrogate(r) {
			return utf8.AppendRune(dst, r), 6, nil
		}
		if r = utf16.DecodeRune(r, unit(s[6:])); r == utf8.RuneError {
			return dst, 0, errors.New("the string holds half of a surrogate pair")
		}
		return utf8.AppendRune(dst, r), 12, nil
	}
	return dst, 0, errors.New("the string holds an escape that JSON does not have")
}

// unit is the UTF-16 unit of the \uXXXX that s begins with, or -1.
func unit[T string | []byte](s T) rune {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return -1
	}
	n, err := strconv.ParseUint(string(s[2:6]), 16, 16)
	if err != nil {
		return -1
	}
	return rune(n)
}

func (t Type) appendText(dst []byte, v value) ([]byte, error) {
	text := v.text
	if v.kind == integerValue {
		text = appendDecimal(nil, text)
	}
	if bytes.IndexByte(text, 0) >= 0 {
		return dst, errors.New("a text key cannot hold a NUL character")
	}
	switch t { //nolint:exhaustive // Text is as it is.
	case CaselessText:
		text = bytes.ToLower(text)
	case PaddedText:
		text = bytes.TrimRight(text, " ")
	case CaselessASCII:
		if IsPlain(text) {
			text = bytes.ToLower(text)
		}
	}
	return AppendString(dst, text), nil
}

// IsPlain reports whether text is printable ASCII that does not end with a space: every common collation agrees about such
// text but for its case.
func IsPlain(text []byte) bool {
	for _, c := range text {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return len(text) > 0 && text[len(text)-1] != ' '
}

func hasUpper(text []byte) bool {
	for _, c := range text {
		if c >= 'A' && c <= 'Z' {
			return true
		}
	}
	return false
}
