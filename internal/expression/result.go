package expression

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// AppendJSON appends a result of Eval as JSON. Members of objects are in the order of their names. Times are texts of RFC 3339
// in UTC. NaN and infinite numbers are errors.
func AppendJSON(dst []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...), nil
	case bool:
		return strconv.AppendBool(dst, v), nil
	case int:
		return strconv.AppendInt(dst, int64(v), 10), nil
	case float64:
		return appendFloat(dst, v)
	case string:
		return appendText(dst, v)
	case time.Time:
		return append(v.UTC().AppendFormat(append(dst, '"'), time.RFC3339Nano), '"'), nil
	case time.Duration:
		return dst, errors.New("a duration is no JSON value; write .Seconds() for a number")
	case []any:
		return appendList(dst, len(v), func(i int) any { return v[i] })
	case map[string]any:
		return appendObject(dst, v)
	default:
		return appendOther(dst, reflect.ValueOf(v))
	}
}

// appendFloat appends a number in the shortest form that has its value.
func appendFloat(dst []byte, f float64) ([]byte, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return dst, errors.New("the result is not a finite number; was something divided by zero?")
	}
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		return append(dst, strings.Replace(strconv.FormatFloat(f, 'e', -1, 64), "e-0", "e-", 1)...), nil
	}
	return strconv.AppendFloat(dst, f, 'f', -1, 64), nil
}

func appendText(dst []byte, s string) ([]byte, error) {
	quoted, err := jsontext.AppendQuote(dst, s)
	if err != nil {
		return dst, errors.New("a text is not valid UTF-8")
	}
	return quoted, nil
}

func appendList(dst []byte, n int, at func(int) any) (_ []byte, err error) {
	dst = append(dst, '[')
	for i := range n {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, err = AppendJSON(dst, at(i)); err != nil {
			return dst, err
		}
	}
	return append(dst, ']'), nil
}

func appendObject(dst []byte, v map[string]any) (_ []byte, err error) {
	dst = append(dst, '{')
	for i, name := range slices.Sorted(maps.Keys(v)) {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, err = appendText(dst, name); err != nil {
			return dst, err
		}
		if dst, err = AppendJSON(append(dst, ':'), v[name]); err != nil {
			return dst, err
		}
	}
	return append(dst, '}'), nil
}

// appendOther appends what only some functions return: lists and maps of other types, and other kinds of numbers.
func appendOther(dst []byte, v reflect.Value) ([]byte, error) {
	switch v.Kind() {
	case reflect.Slice, reflect.Array:
		return appendList(dst, v.Len(), func(i int) any { return v.Index(i).Interface() })
	case reflect.Map:
		object := make(map[string]any, v.Len())
		for _, key := range v.MapKeys() {
			object[fmt.Sprint(key.Interface())] = v.MapIndex(key).Interface()
		}
		return appendObject(dst, object)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.AppendInt(dst, v.Int(), 10), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return strconv.AppendUint(dst, v.Uint(), 10), nil
	case reflect.Float32:
		return appendFloat(dst, v.Float())
	default:
		return dst, fmt.Errorf("the result has type %s, which is no JSON value", v.Type())
	}
}
