package lookup

import (
	"errors"

	"github.com/loaderline/loaderline/stages"
)

// uncheckedMark begins a Key that does not fit the types that a source is known to have. No canonical Key begins so.
const uncheckedMark = '?'

// Unchecked is the Key of one JSON value for each part that Types.Canonical has refused. It is for a source that learns its
// types, and may have others by now: the source decides by Types.Check. An error says that no type has such a key, and is
// stages.ErrNoKey for nothing and null. Unchecked keys must not be cached: the same key has another Key once it is checked.
func Unchecked(raws ...[]byte) (Key, error) {
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
		if err != nil {
			return "", err
		}
	}
	if len(raws) > 1 {
		key = append(key, ']')
	}
	if len(key) > MaxKeyBytes {
		return "", tooLong(len(key))
	}
	return aliased(key), nil
}

// IsUnchecked says whether the Key was made by Unchecked.
func (k Key) IsUnchecked() bool { return len(k) > 0 && k[0] == uncheckedMark }

// Check is a Key of other types, or an unchecked one, as a Key of these types. Its errors are those of Canonical.
func (ts Types) Check(k Key) (Key, error) {
	parts := k.AppendParts(make([]Key, 0, len(ts)))
	if len(ts) == 1 && len(parts) == 1 {
		return ts[0].Canonical([]byte(parts[0]))
	}
	raws := make([][]byte, len(parts))
	for i, part := range parts {
		raws[i] = []byte(part)
	}
	return ts.Canonical(raws...)
}
