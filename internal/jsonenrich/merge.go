package jsonenrich

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"
)

// appendWithout appends an object up to its closing brace, without the members of some names. The other members, and the
// white space between them, stay byte for byte.
func appendWithout(dst, object []byte, names map[string]bool) []byte {
	d := jsontext.NewDecoder(bytes.NewBuffer(object))
	if _, err := d.ReadToken(); err != nil {
		return append(dst, '{')
	}
	dst = append(dst, '{')
	var (
		opening = d.InputOffset()
		before  = opening // where the last member ended
		first   = true
	)
	for d.PeekKind() == '"' {
		quoted, err := d.ReadValue()
		if err != nil {
			return dst
		}
		start := d.InputOffset() - int64(len(quoted))
		name, err := jsontext.AppendUnquote(nil, quoted)
		if err != nil {
			return dst
		}
		if _, err := d.ReadValue(); err != nil {
			return dst
		}
		end := d.InputOffset()
		switch {
		case names[string(name)]:
		case first && before > opening: // The bytes before it belong to a member that is left out.
			dst = append(dst, object[start:end]...)
			first = false
		default:
			dst = append(dst, object[before:end]...)
			first = false
		}
		before = end
	}
	return dst
}
