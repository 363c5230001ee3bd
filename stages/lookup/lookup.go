// Package lookup is the common language of the sources that a pipeline file can name: keys and values as JSON.
//
// A Key is the canonical JSON text of a key, so that equal keys are equal strings: `123`, `"abc"`, `true`, and
// `["t1",5]` for a composite one. A value is a JSON document, kept and passed on as raw bytes. A Type makes a Key of
// what stands in an event, and is the type that the source compares keys by: `"00123"` is `123` for a bigint.
package lookup

import "github.com/loaderline/loaderline/stages"

// MaxKeyBytes is the length of the longest Key: what is longer is no identifier, and keys are kept in memory.
const MaxKeyBytes = 1024

// Key is the canonical, compact JSON text of a key. See Type.Canonical.
type Key string

// Source loads raw JSON by key. A value is one compact JSON document: an object, or an array of objects for a
// source that answers many rows for a key; it is never changed once it was put.
type Source = stages.Source[Key, []byte]

// AppendParts appends the parts of a composite key, each a Key by itself; a single key is its only part.
func (k Key) AppendParts(dst []Key) []Key {
	if k.IsUnchecked() {
		k = k[1:]
	}
	if len(k) < 2 || k[0] != '[' {
		return append(dst, k)
	}
	start, quoted := 1, false
	for i := 1; i < len(k); i++ {
		switch c := k[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && (c == ',' || c == ']'):
			dst = append(dst, k[start:i])
			start = i + 1
		}
	}
	return dst
}

// AppendText appends a single key as plain text: the characters of a string, the digits of a number, true or false.
func (k Key) AppendText(dst []byte) []byte {
	if k == "" || k[0] != '"' {
		return append(dst, k...)
	}
	text, err := appendDecoded(dst, string(k))
	if err != nil {
		return append(dst, k...) // Not canonical: there is nothing better to show.
	}
	return text
}
