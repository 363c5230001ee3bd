package lookuptable

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/stages/lookup"
)

// Type is the type of a column: it decides what a value becomes in JSON, and which keys are equal.
type Type struct {
	name  string
	kind  lookupext.ColumnKind
	key   lookupkey.Type
	notBy string // why the column cannot be a key; empty if it can
}

// types are all types. The first is that of columns of JSON without one.
var types = []Type{
	{name: "any", kind: lookupext.JSON, key: lookupkey.Any},
	{name: "text", kind: lookupext.Text, key: lookupkey.Text},
	{name: "citext", kind: lookupext.Text, key: lookupkey.CaselessText},
	{name: "char", kind: lookupext.Text, key: lookupkey.PaddedText},
	{name: "boolean", kind: lookupext.Boolean, key: lookupkey.Boolean},
	{name: "smallint", kind: lookupext.Integer, key: lookupkey.Smallint},
	{name: "integer", kind: lookupext.Integer, key: lookupkey.Integer},
	{name: "bigint", kind: lookupext.Bigint, key: lookupkey.Bigint},
	{name: "numeric", kind: lookupext.Numeric, key: lookupkey.Numeric},
	{name: "double", kind: lookupext.Double, notBy: "write numeric"},
	{name: "uuid", kind: lookupext.UUID, key: lookupkey.UUID},
	{name: "date", kind: lookupext.Date, key: lookupkey.Date},
	{name: "timestamp", kind: lookupext.Timestamp, key: lookupkey.Timestamp},
	{name: "timestamptz", kind: lookupext.Timestamptz, key: lookupkey.Timestamptz},
	{name: "json", kind: lookupext.JSON, notBy: "write any"},
}

// parseType returns the type of that name. Its error lists the names.
func parseType(name string) (Type, error) {
	names := make([]string, len(types))
	for i, t := range types {
		if t.name == name {
			return t, nil
		}
		names[i] = t.name
	}
	return Type{}, fmt.Errorf("unknown type %q: it is one of %s", name, strings.Join(names, ", "))
}

// appendValue appends a JSON value as the type has it. null stays null. Its error does not show the value.
func (t Type) appendValue(dst, raw []byte) ([]byte, error) {
	switch {
	case t.kind == lookupext.JSON, t.kind == lookupext.Text && raw[0] == '"', string(raw) == "null":
		return append(dst, raw...), nil
	case t.kind == lookupext.Double:
		return appendDouble(dst, raw)
	}
	key, err := t.key.Canonical(raw)
	switch {
	case err != nil:
		return dst, fmt.Errorf("is not of type %s", t.name)
	case t.kind == lookupext.Numeric:
		return appendDigits(dst, raw, textOf([]byte(key))), nil
	default:
		return append(dst, key...), nil
	}
}

// appendDigits appends a number with all its digits: those of raw, a number or a string, if JSON has them, and other ones if not.
func appendDigits(dst, raw []byte, other string) []byte {
	if digits := textOf(raw); jsontext.Value(digits).Kind() == '0' && jsontext.Value(digits).IsValid() {
		return append(dst, strings.TrimSpace(digits)...)
	}
	return append(dst, other...)
}

// appendDouble appends a floating-point number. What JSON has no number for becomes text.
func appendDouble(dst, raw []byte) ([]byte, error) {
	text := textOf(raw)
	number, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil || strings.ContainsAny(text, "xX_"):
		return dst, fmt.Errorf("is not of type double")
	case math.IsNaN(number):
		return append(dst, `"NaN"`...), nil
	case math.IsInf(number, 1):
		return append(dst, `"Infinity"`...), nil
	case math.IsInf(number, -1):
		return append(dst, `"-Infinity"`...), nil
	}
	return appendDigits(dst, raw, strconv.FormatFloat(number, 'g', -1, 64)), nil
}

// textOf returns the characters of a string, and any other value as it is.
func textOf(raw []byte) string { return string(lookupkey.AppendText(nil, lookup.Key(raw))) }
