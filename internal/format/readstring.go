package format

import (
	"bytes"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// String is a JSON string that was checked, as it stands in its text.
type String struct {
	quoted  []byte
	escaped bool
}

// Plain is what stands between the quotes. It is false where that has escapes.
func (s String) Plain() ([]byte, bool) { return s.quoted[1 : len(s.quoted)-1], !s.escaped }

// AppendTo appends what the string stands for.
func (s String) AppendTo(dst []byte) []byte {
	if !s.escaped {
		return append(dst, s.quoted[1:len(s.quoted)-1]...)
	}
	dst, _ = jsontext.AppendUnquote(dst, s.quoted) // The reader has found no error.
	return dst
}

// Bytes is what the string stands for. It may alias the text.
func (s String) Bytes() []byte {
	if plain, ok := s.Plain(); ok {
		return plain
	}
	return s.AppendTo(nil)
}

// String passes a string, of which Kind has just been seen.
func (r *Reader) String() (String, *Error) {
	from, text, i := r.at, r.text, r.at+1
	var s String
	wide := false
	for {
		for i < len(text) && clean[text[i]] {
			i++
		}
		if i >= len(text) {
			return s, r.Fail(len(text), "the text is not JSON: the text ends within a string")
		}
		switch c := text[i]; {
		case c == '"':
			r.at = i + 1
			s.quoted = text[from:r.at]
			if wide && !utf8.Valid(s.quoted) {
				return s, r.Fail(from, "the string has invalid UTF-8")
			}
			return s, nil
		case c == '\\':
			size := escape(text[i:])
			if size == 0 {
				return s, r.Fail(i, "the string has an invalid escape or half of a surrogate pair")
			}
			s.escaped = true
			i += size
		case c < ' ':
			return s, r.Fail(i, "the text is not JSON: a control character in a string has to be escaped")
		default:
			wide = true
			i++
		}
	}
}

// escape is the size of the escape that a text begins with: one character, or both halves of a pair. It is zero where there is none.
func escape(text []byte) int {
	if len(text) < 2 {
		return 0
	}
	if text[1] != 'u' {
		if bytes.IndexByte([]byte(`"\/bfnrt`), text[1]) < 0 {
			return 0
		}
		return 2
	}
	first, ok := hex4(text[2:])
	switch {
	case !ok || first>>10 == 0xdc00>>10:
		return 0
	case first>>10 != 0xd800>>10:
		return 6
	}
	if len(text) < 12 || text[6] != '\\' || text[7] != 'u' {
		return 0
	}
	if second, ok := hex4(text[8:]); !ok || second>>10 != 0xdc00>>10 {
		return 0
	}
	return 12
}

func hex4(text []byte) (value uint16, ok bool) {
	if len(text) < 4 {
		return 0, false
	}
	for _, c := range text[:4] {
		switch {
		case c-'0' <= 9:
			c -= '0'
		case c|0x20-'a' <= 5:
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		value = value<<4 | uint16(c)
	}
	return value, true
}
