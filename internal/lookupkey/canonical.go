package lookupkey

import (
	"errors"
	"fmt"
	"unicode/utf8"
	"unsafe"

	"github.com/loaderline/loaderline/internal/plural"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// Types are the types of the parts of a key: one for a single key, several for a composite one.
type Types []Type

// Canonical is the Key of one JSON value as a document has it. Nothing and null are stages.ErrNoKey; any other
// error says why the value cannot be a key of this type, and quotes at most 64 bytes of it.
//
// The Key may share raw's memory: raw must not change while the Key is in use, and whoever keeps the Key longer than
// raw should keep strings.Clone of it. Nothing is allocated for a value that is canonical already.
func (t Type) Canonical(raw []byte) (lookup.Key, error) {
	raw = trimSpace(raw)
	if t.isCanonical(raw) {
		return Aliased(raw), nil
	}
	key, err := t.appendSlow(make([]byte, 0, len(raw)+2), raw)
	if err != nil {
		return "", err
	}
	return Aliased(key), nil
}

// AppendCanonical appends what Canonical returns. dst is returned as it was where there is an error.
func (t Type) AppendCanonical(dst, raw []byte) ([]byte, error) {
	raw = trimSpace(raw)
	if t.isCanonical(raw) {
		return append(dst, raw...), nil
	}
	return t.appendSlow(dst, raw)
}

// Canonical is the Key of one JSON value for each type, in order: see Type.Canonical, whose contract it shares.
// It is `["t1",5]` for more than one type.
func (ts Types) Canonical(raws ...[]byte) (lookup.Key, error) {
	if len(ts) == 1 && len(raws) == 1 {
		return ts[0].Canonical(raws[0])
	}
	return ts.Key(raws...)
}

// Key is Canonical for a caller who may change raws, or who keeps the key: the key has its own memory.
func (ts Types) Key(raws ...[]byte) (lookup.Key, error) {
	size := 2
	for _, raw := range raws {
		size += len(raw) + 3
	}
	key, err := ts.AppendCanonical(make([]byte, 0, size), raws...)
	if err != nil {
		return "", err
	}
	return Aliased(key), nil
}

// AppendCanonical appends what Canonical returns. dst is returned as it was where there is an error.
func (ts Types) AppendCanonical(dst []byte, raws ...[]byte) ([]byte, error) {
	if len(ts) != len(raws) || len(ts) == 0 {
		return dst, fmt.Errorf("the key has %s, not %d", plural.Count(len(raws), "part"), len(ts))
	}
	if len(ts) == 1 {
		return ts[0].AppendCanonical(dst, raws[0])
	}
	key := dst
	for i, t := range ts {
		separator := byte('[')
		if i > 0 {
			separator = ','
		}
		key = append(key, separator)
		var err error
		if key, err = t.AppendCanonical(key, raws[i]); err != nil {
			if errors.Is(err, stages.ErrNoKey) {
				return dst, err
			}
			return dst, &PartError{Part: i, Err: err}
		}
	}
	key = append(key, ']')
	if n := len(key) - len(dst); n > MaxBytes {
		return dst, tooLong(n)
	}
	return key, nil
}

// PartError says which part of a composite key, counted from 0, is wrong.
type PartError struct {
	Part int
	Err  error
}

// Error counts the parts from 1.
func (e *PartError) Error() string { return fmt.Sprintf("part %d: %v", e.Part+1, e.Err) }

// Unwrap returns what is wrong with the part.
func (e *PartError) Unwrap() error { return e.Err }

// isCanonical reports whether raw is its own canonical form, for the cases that nearly every key is in. What it denies may
// still be canonical.
func (t Type) isCanonical(raw []byte) bool {
	switch t {
	case Any, Text:
		if len(raw) >= 2 && raw[0] == '"' {
			return isPlainString(raw)
		}
		return t == Any && isPlainInteger(raw)
	case CaselessASCII:
		return len(raw) >= 2 && raw[0] == '"' && isPlainString(raw) && !hasUpper(raw)
	case Bigint, Numeric:
		return isPlainInteger(raw)
	case Integer:
		return len(raw) <= 9 && isPlainInteger(raw)
	case Smallint:
		return len(raw) <= 4 && isPlainInteger(raw)
	case UUID:
		return isPlainUUID(raw)
	default:
		return false
	}
}

func isPlainString(raw []byte) bool {
	last := len(raw) - 1
	if raw[last] != '"' || len(raw) > MaxBytes {
		return false
	}
	for _, c := range raw[1:last] {
		if c < 0x20 || c >= utf8.RuneSelf || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// isPlainInteger reports whether raw is at most 18 digits, so that it fits in 64 bits, without sign or leading zeros.
func isPlainInteger(raw []byte) bool {
	if len(raw) == 0 || len(raw) > 18 || (raw[0] == '0' && len(raw) > 1) {
		return false
	}
	for _, c := range raw {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

func (t Type) appendSlow(dst, raw []byte) ([]byte, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return dst, stages.ErrNoKey
	}
	if len(raw) > 6*MaxBytes+2 { // No escape is longer than six bytes.
		return dst, tooLong(len(raw))
	}
	v, err := parseValue(raw)
	if err != nil {
		return dst, err
	}
	key, err := t.appendValue(dst, v)
	if err != nil {
		return dst, err
	}
	if n := len(key) - len(dst); n > MaxBytes {
		return dst, tooLong(n)
	}
	return key, nil
}

func (t Type) appendValue(dst []byte, v value) ([]byte, error) {
	switch t {
	case Any:
		if v.kind == stringValue {
			return AppendString(dst, v.text), nil
		}
		if v.kind == integerValue {
			return appendDecimal(dst, v.text), nil
		}
		return append(dst, v.text...), nil
	case Smallint, Integer, Bigint:
		return t.appendInteger(dst, v)
	case Numeric:
		return appendNumeric(dst, v)
	case Text, CaselessText, PaddedText, CaselessASCII:
		return t.appendText(dst, v)
	case UUID:
		return appendUUID(dst, v)
	case Boolean:
		return appendBoolean(dst, v)
	case Timestamptz, Timestamp, Date:
		return t.appendTime(dst, v)
	case ObjectID:
		return appendObjectID(dst, v)
	}
	return dst, fmt.Errorf("there is no key type %s", t)
}

func tooLong(n int) error {
	return fmt.Errorf("the key is %d bytes long: at most %d are possible", n, MaxBytes)
}

func trimSpace(raw []byte) []byte {
	for len(raw) > 0 && isSpace(raw[0]) {
		raw = raw[1:]
	}
	for len(raw) > 0 && isSpace(raw[len(raw)-1]) {
		raw = raw[:len(raw)-1]
	}
	return raw
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

// Aliased returns bytes as a Key that shares their memory: the bytes must not change any more.
func Aliased(b []byte) lookup.Key { return lookup.Key(unsafe.String(unsafe.SliceData(b), len(b))) }
