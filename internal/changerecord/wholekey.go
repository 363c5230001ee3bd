package changerecord

import (
	"bytes"
	"errors"
	"fmt"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/loaderline/loaderline/internal/lookupkey"
)

var errSeveralMembers = errors.New("its key is an object with several members: set key to the members that are the stage's key")

// wholeKey is the record's key as the stage's: a JSON value, the only member of an object, the elements of a list for a
// composite key, or plain text.
func (r *reading) wholeKey() (Key, error) {
	if r.record.KeyErr != nil {
		return nil, fmt.Errorf("its key %w", r.record.KeyErr)
	}
	if len(r.record.Key) == 0 {
		return nil, errors.New("it has no key")
	}
	if r.keyErr != nil {
		if !isLine(r.record.Key) {
			return nil, errors.New("its key is neither JSON nor text: write keys as JSON or strings (in Kafka Connect, JsonConverter or StringConverter)")
		}
		return Key{lookupkey.AppendString(nil, r.record.Key)}, nil
	}
	body := jsontext.Value(r.keys.body(r.keys.wrapped))
	switch body.Kind() {
	case '{':
		members, err := children(body)
		if err != nil || len(members) != 2 {
			return nil, errSeveralMembers
		}
		return Key{members[1]}, nil
	case '[':
		parts, err := children(body)
		if err != nil {
			return nil, fmt.Errorf("its key: %w", err)
		}
		return parts, nil
	case 'n':
		return nil, errors.New("its key is null")
	default:
		return Key{[]byte(body)}, nil
	}
}

// children are the names and values of an object, or the values of a list.
func children(of jsontext.Value) (Key, error) {
	decoder := jsontext.NewDecoder(bytes.NewReader(of))
	if _, err := decoder.ReadToken(); err != nil {
		return nil, err
	}
	var all Key
	for decoder.PeekKind() != '}' && decoder.PeekKind() != ']' {
		value, err := decoder.ReadValue()
		if err != nil {
			return nil, err
		}
		all = append(all, bytes.Clone(value))
	}
	return all, nil
}

// isLine reports whether bytes are text on one line: a number or an Avro message that a serializer wrote is not.
func isLine(b []byte) bool {
	return utf8.Valid(b) && !bytes.ContainsFunc(b, unicode.IsControl)
}
