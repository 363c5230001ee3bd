package lookupkey

import (
	"errors"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// uncheckedMark begins a Key that does not fit the known types of a source. No canonical Key begins with it.
const uncheckedMark = '?'

// Unchecked returns the Key of values that Types.Canonical has refused: one JSON value for each part. It is for a source
// that learns its types and may have other types by now. The source decides by Types.Check. An error says that no type has
// such a key; for nothing and null it is stages.ErrNoKey. Unchecked keys must not be cached: a key has another Key once it
// is checked.
func Unchecked(raws ...[]byte) (lookup.Key, error) {
	key := []byte{uncheckedMark}
	if len(raws) > 1 {
		key = append(key, '[')
	}
	for i, raw := range raws {
		if i > 0 {
			key = append(key, ',')
		}
		var err error
		if key, err = Any.AppendCanonical(key, raw); errors.Is(err, stages.ErrNoKey) && len(raws) > 1 {
			key, err = append(key, "null"...), nil // Another part may be why there is no key.
		}
		if err != nil && len(raws) > 1 {
			return "", &PartError{Part: i, Err: err}
		}
		if err != nil {
			return "", err
		}
	}
	if len(raws) > 1 {
		key = append(key, ']')
	}
	if len(key) > MaxBytes {
		return "", tooLong(len(key))
	}
	return Aliased(key), nil
}

// IsUnchecked reports whether the Key was made by Unchecked.
func IsUnchecked(k lookup.Key) bool { return len(k) > 0 && k[0] == uncheckedMark }

// Check returns a Key of other types, or an unchecked Key, as a Key of these types. It returns the errors of Canonical.
func (ts Types) Check(k lookup.Key) (lookup.Key, error) {
	parts := AppendParts(make([]lookup.Key, 0, len(ts)), k)
	if len(ts) == 1 && len(parts) == 1 {
		return ts[0].Canonical([]byte(parts[0]))
	}
	raws := make([][]byte, len(parts))
	for i, part := range parts {
		raws[i] = []byte(part)
	}
	return ts.Canonical(raws...)
}
