package jsonschema

import (
	"bytes"
	"encoding/json"
	"strconv"

	"github.com/loaderline/loaderline/internal/format"
)

// maxExponent bounds the exponents of numbers. The library computes with exact fractions, which a large exponent makes long.
const maxExponent = 1000

// readValue reads JSON text as the library takes it: with numbers as json.Number.
func readValue(text []byte) (any, error) {
	r := format.NewReader(text)
	value, err := readAny(&r, 0)
	if err == nil {
		err = r.End()
	}
	if err != nil {
		return nil, err // A nil *format.Error would be no nil error.
	}
	return value, nil
}

func readAny(r *format.Reader, depth int) (any, *format.Error) {
	switch c := r.Kind(); c {
	case '{':
		return readObject(r, depth+1)
	case '[':
		return readArray(r, depth+1)
	case '"':
		s, err := r.String()
		if err != nil {
			return nil, err
		}
		return string(s.Bytes()), nil
	case '0':
		return readNumber(r)
	case 'n':
		return nil, r.Literal()
	case 't', 'f':
		return c == 't', r.Literal()
	default:
		return nil, r.Want("a value")
	}
}

func readObject(r *format.Reader, depth int) (any, *format.Error) {
	if depth > format.MaxDepth {
		return nil, r.TooDeep()
	}
	r.Enter()
	object := map[string]any{}
	for first := true; ; first = false {
		more, err := r.More('}', first)
		if err != nil || !more {
			return object, err
		}
		r.Kind() // passes white space
		at := r.Offset()
		name, err := r.Name()
		if err != nil {
			return nil, err
		}
		key := string(name.Bytes())
		if _, twice := object[key]; twice {
			return nil, r.Fail(at, "has a name that the object has twice")
		}
		value, err := readAny(r, depth)
		if err != nil {
			return nil, err.InField(key)
		}
		object[key] = value
	}
}

func readArray(r *format.Reader, depth int) (any, *format.Error) {
	if depth > format.MaxDepth {
		return nil, r.TooDeep()
	}
	r.Enter()
	array := []any{}
	for {
		more, err := r.More(']', len(array) == 0)
		if err != nil || !more {
			return array, err
		}
		value, err := readAny(r, depth)
		if err != nil {
			return nil, err.InItem(len(array))
		}
		array = append(array, value)
	}
}

func readNumber(r *format.Reader) (any, *format.Error) {
	at := r.Offset()
	number, err := r.Number()
	if err != nil {
		return nil, err
	}
	if i := bytes.IndexAny(number, "eE"); i >= 0 {
		if e, err := strconv.Atoi(string(number[i+1:])); err != nil || e > maxExponent || e < -maxExponent {
			return nil, r.Fail(at, "has an exponent beyond "+strconv.Itoa(maxExponent)+", with which it cannot be validated")
		}
	}
	return json.Number(number), nil
}
