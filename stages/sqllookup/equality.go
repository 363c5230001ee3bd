package sqllookup

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"

	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/stages/lookup"
)

// equality is how the database compares the parts of a key. If that is not equality of the canonical key, the database
// itself says which row has which of the keys in a call: see matching.
type equality []partEquality

// partEquality is how the database compares one part. The zero value says that nothing is known.
type partEquality struct {
	// exact reports whether parts are equal if and only if their canonical forms are.
	exact bool
	// distinct reports whether two rows are never equal if their values are written differently.
	distinct bool
	// fold makes the same text of values that may be equal. It returns false for a value that it does not understand.
	// Nil understands none.
	fold func(text []byte) ([]byte, bool)
	// regular says whether a value is regular: no two regular values are equal. Nil means that none is regular.
	regular func(text []byte) bool
	// by is what the database compares by, in its words. It distinguishes comparisons that the other fields do not.
	by string
}

// String is different for keys that are compared in different ways.
func (e equality) String() string {
	var b strings.Builder
	for _, p := range e {
		b.WriteString(p.String() + ";")
	}
	return b.String()
}

// String is different for parts that are compared in different ways.
func (p partEquality) String() string {
	return fmt.Sprintf("%q exact=%t distinct=%t fold=%t regular=%t", p.by, p.exact, p.distinct, p.fold != nil, p.regular != nil)
}

// ask has the database compare keys with rows, and calls equal with each pair, by their numbers.
type ask func(ctx context.Context, keys []lookup.Key, rows []rowKey, equal func(key, row int)) error

// rowKey is the key that rows have.
type rowKey struct {
	cells []byte     // the key's columns as JSON, with NUL after each: what two rows of one key have in common
	key   lookup.Key // canonical; empty where that is not possible
}

// parts are the key's columns as JSON.
func (r rowKey) parts() [][]byte {
	return bytes.Split(bytes.TrimSuffix(r.cells, []byte{0}), []byte{0})
}

// exact reports whether canonical keys are all that there is to compare.
func (e equality) exact() bool {
	for _, p := range e {
		if !p.exact {
			return false
		}
	}
	return true
}

// distinct reports whether rows with different keys are never equal.
func (e equality) distinct() bool {
	for _, p := range e {
		if !p.exact && !p.distinct {
			return false
		}
	}
	return true
}

// regular reports whether a canonical key is regular: no two regular keys are equal.
func (e equality) regular(key lookup.Key, room []byte) bool {
	var places [4]lookup.Key
	split := append(places[:0], key)
	if len(e) > 1 {
		split = lookupkey.AppendParts(split[:0], key)
	}
	for i, p := range e {
		if p.exact {
			continue
		}
		if p.regular == nil || !p.regular(lookupkey.AppendText(room[:0], split[i])) {
			return false
		}
	}
	return true
}

// foldKey makes the same text of keys that may be equal. It returns false if it cannot.
func (e equality) foldKey(key lookup.Key) (string, bool) {
	split := []lookup.Key{key}
	if len(e) > 1 {
		split = lookupkey.AppendParts(split[:0], key)
	}
	var folded []byte
	for i, part := range split {
		var ok bool
		if folded, ok = e[i].appendFold(folded, part); !ok {
			return "", false
		}
	}
	return string(folded), true
}

// foldRow is foldKey for a row's key.
func (e equality) foldRow(r rowKey) (string, bool) {
	if r.key != "" {
		return e.foldKey(r.key)
	}
	var folded []byte
	for i, part := range r.parts() {
		var ok bool
		if folded, ok = e[i].appendFold(folded, lookup.Key(part)); !ok {
			return "", false
		}
	}
	return string(folded), true
}

func (p partEquality) appendFold(dst []byte, part lookup.Key) ([]byte, bool) {
	switch {
	case p.exact:
		dst = append(dst, part...)
	case p.fold == nil:
		return dst, false
	default:
		text, ok := p.fold(lookupkey.AppendText(nil, part))
		if !ok {
			return dst, false
		}
		dst = append(dst, text...)
	}
	return append(dst, 0), true
}

// foldFloat is for floating point, in which many decimals are one number.
func foldFloat(bits int) func([]byte) ([]byte, bool) {
	return func(text []byte) ([]byte, bool) {
		n, err := strconv.ParseFloat(string(bytes.TrimSpace(text)), bits)
		if err != nil && !math.IsInf(n, 0) {
			return nil, false
		}
		return strconv.AppendFloat(nil, n+0, 'g', -1, bits), true // Zero has no sign.
	}
}

// foldCaseless is for text whose case does not count.
func foldCaseless(text []byte) ([]byte, bool) { return bytes.ToLower(text), lookupkey.IsPlain(text) }

// foldPlain is for text whose case counts.
func foldPlain(text []byte) ([]byte, bool) { return text, lookupkey.IsPlain(text) }

// orIdentifier is fold for columns that may hold UUIDs or addresses by a type that the protocol hides.
func orIdentifier(fold func([]byte) ([]byte, bool)) func([]byte) ([]byte, bool) {
	return func(text []byte) ([]byte, bool) {
		if digits := hexDigits(text); len(digits) == 32 {
			return digits, true
		}
		if address, err := netip.ParseAddr(string(text)); err == nil {
			return []byte(address.Unmap().String()), true
		}
		return fold(text)
	}
}

// hexDigits are the digits of a text that has nothing beside them but what UUIDs are written with.
func hexDigits(text []byte) []byte {
	if len(text) < 32 || len(text) > 64 {
		return nil
	}
	digits := make([]byte, 0, 32)
	for _, c := range text {
		switch lower := c | 0x20; {
		case isDigit(c):
			digits = append(digits, c)
		case lower >= 'a' && lower <= 'f':
			digits = append(digits, lower)
		case c != '-' && c != '{' && c != '}':
			return nil
		}
	}
	return digits
}
