package console

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Visible writes characters that a terminal would obey or not show as their codes: \x1b for the control characters of
// ASCII and for bytes that are not UTF-8, and \u009b for other control and format characters, such as changes of
// direction. Tabs and the ends of lines stay.
func Visible(text string) string {
	var b []byte
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		b = appendVisible(b, r, text[i:i+size])
		i += size
	}
	return string(b)
}

// appendVisible appends a character, which is these bytes in the text.
func appendVisible[T string | []byte](dst []byte, r rune, bytes T) []byte {
	switch {
	case r == utf8.RuneError && len(bytes) == 1, r < ' ' && r != '\n' && r != '\t', r == '\x7f':
		return fmt.Appendf(dst, `\x%02x`, bytes[0])
	case !hidden(r):
		return append(dst, bytes...)
	case r > 0xffff:
		return fmt.Appendf(dst, `\U%08x`, r)
	default:
		return fmt.Appendf(dst, `\u%04x`, r)
	}
}

// hidden reports whether a character steers a terminal, or is invisible. Of the control characters of ASCII it covers only
// DEL: JSON cannot have the others.
func hidden(r rune) bool {
	return r >= '\x7f' && (unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp))
}

// visible writes text as Visible does, but for the sequences of a Palette. It is safe for concurrent use.
type visible struct {
	to io.Writer
	// escape begins the sequences of a Palette, and is written as ESC. What comes from elsewhere cannot have it: it is
	// random. Empty where there are no colours.
	escape string

	mu   sync.Mutex
	held []byte // the beginning of a character or of escape, whose rest is still to come
}

func (v *visible) Write(p []byte) (int, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	data := slices.Concat(v.held, p)
	var out []byte
	for len(data) > 0 {
		if v.escape != "" && data[0] == v.escape[0] {
			if rest, ok := strings.CutPrefix(string(data[:min(len(data), len(v.escape))]), v.escape); ok {
				out, data = append(out, '\x1b'), data[len(v.escape)-len(rest):]
				continue
			}
			if strings.HasPrefix(v.escape, string(data)) {
				break
			}
		}
		if !utf8.FullRune(data) {
			break
		}
		r, size := utf8.DecodeRune(data)
		out, data = appendVisible(out, r, data[:size]), data[size:]
	}
	v.held = append([]byte(nil), data...)
	if _, err := v.to.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}

// NewEncoder makes an encoder of JSON that no terminal obeys, wherever it goes. It escapes hidden characters, which
// changes the text and not the value.
func NewEncoder(to io.Writer) *json.Encoder {
	e := json.NewEncoder(&escaping{to: to})
	e.SetEscapeHTML(false)
	return e
}

// escaping writes JSON, in writes that end with a whole character.
type escaping struct{ to io.Writer }

func (e *escaping) Write(p []byte) (int, error) {
	out := make([]byte, 0, len(p))
	for rest := p; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		high, low := utf16.EncodeRune(r)
		switch {
		case r == utf8.RuneError && size == 1:
			out = append(out, `\ufffd`...)
		case !hidden(r):
			out = append(out, rest[:size]...)
		case r > 0xffff:
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		rest = rest[size:]
	}
	if _, err := e.to.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}
