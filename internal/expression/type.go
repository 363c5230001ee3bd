package expression

import (
	"reflect"
	"time"

	"github.com/expr-lang/expr/types"
)

// Type is what is known of a field or a result before there are values.
type Type string

// The types. The zero value is any type, null included.
const (
	Any     Type = ""
	Boolean Type = "boolean"
	Whole   Type = "whole number"
	Number  Type = "number"
	Text    Type = "text"
	Time    Type = "time"
	List    Type = "list"
	Object  Type = "object"
	other   Type = "other" // no JSON value
)

// Scalar reports whether a value of the type may be a single value, as keys and headers are.
func (t Type) Scalar() bool { return t != List && t != Object }

// nature is the type in the library.
func (t Type) nature() types.Type {
	switch t {
	case Boolean:
		return types.Bool
	case Whole:
		return types.Int
	case Number:
		return types.Float64
	case Text:
		return types.String
	case Time:
		return types.TypeOf(time.Time{})
	default:
		return types.Any
	}
}

// typeOf is the type of a result that has a type of the library.
func typeOf(t reflect.Type) Type {
	if t == nil {
		return Any
	}
	switch t.Kind() {
	case reflect.Interface:
		return Any
	case reflect.Bool:
		return Boolean
	case reflect.Float32, reflect.Float64:
		return Number
	case reflect.String:
		return Text
	case reflect.Slice, reflect.Array:
		return List
	case reflect.Map:
		return Object
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32:
		if t == reflect.TypeFor[time.Duration]() {
			return other
		}
		return Whole
	default:
		if t == reflect.TypeFor[time.Time]() {
			return Time
		}
		return other
	}
}
