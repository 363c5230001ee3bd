// Package lookupkey makes keys of the JSON values in events, and takes keys apart.
//
// A Type is the type by which a source compares keys: "00123" is 123 for a bigint. A key is canonical: two values that a type
// takes for equal have the same key.
package lookupkey

import "github.com/loaderline/loaderline/stages/lookup"

// MaxBytes is the length of the longest key. What is longer is no identifier, and keys are kept in memory.
const MaxBytes = 1024

// AppendParts appends the parts of a composite key, each a key by itself; a single key is its only part.
func AppendParts(dst []lookup.Key, k lookup.Key) []lookup.Key {
	if IsUnchecked(k) {
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
func AppendText(dst []byte, k lookup.Key) []byte {
	if k == "" || k[0] != '"' {
		return append(dst, k...)
	}
	text, err := appendDecoded(dst, string(k))
	if err != nil {
		return append(dst, k...) // Not canonical: there is nothing better to show.
	}
	return text
}
