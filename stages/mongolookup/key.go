package mongolookup

import (
	"encoding/hex"
	"math"
	"strconv"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/stages/lookup"
)

const (
	uuidSubtype = bson.TypeBinaryUUID
	uuidBytes   = 16
	millis      = "2006-01-02T15:04:05.999Z07:00"
)

// valuesOf returns the values in documents that are equal to a part of a key. MongoDB compares numbers of all types by their value,
// so an integer has one. A fraction can have one as a Decimal128 and another one as a double.
func valuesOf(part lookup.Key, t lookupkey.Type) []any {
	text := string(lookupkey.AppendText(nil, part))
	switch t {
	case lookupkey.ObjectID:
		if id, err := bson.ObjectIDFromHex(text); err == nil {
			return []any{id}
		}
	case lookupkey.UUID:
		if id, err := hex.DecodeString(strings.ReplaceAll(text, "-", "")); err == nil {
			return []any{bson.Binary{Subtype: uuidSubtype, Data: id}}
		}
	case lookupkey.Timestamptz:
		if at, err := time.Parse(time.RFC3339, text); err == nil && at.Nanosecond()%int(time.Millisecond) == 0 {
			return []any{bson.NewDateTimeFromTime(at)}
		}
	case lookupkey.Boolean:
		return []any{text == "true"}
	case lookupkey.Smallint, lookupkey.Integer, lookupkey.Bigint, lookupkey.Numeric:
		return numbersOf(text)
	case lookupkey.Any:
		switch part[0] {
		case '"':
			return []any{text}
		case 't', 'f':
			return []any{text == "true"}
		}
		return numbersOf(text)
	default:
		return []any{text}
	}
	return nil
}

// numbersOf returns the numbers that are written with some digits.
func numbersOf(digits string) (numbers []any) {
	if n, err := strconv.ParseInt(digits, 10, 64); err == nil {
		return []any{n}
	}
	if d, err := bson.ParseDecimal128(digits); err == nil {
		numbers = append(numbers, d)
	}
	if f, err := strconv.ParseFloat(digits, 64); err == nil && string(appendDouble(nil, f)) == digits {
		numbers = append(numbers, f)
	}
	return numbers
}

// appendDouble appends the digits of a double: all those of an integer, and as few as tell a fraction from others.
func appendDouble(dst []byte, f float64) []byte {
	if f == math.Trunc(f) {
		return strconv.AppendFloat(dst, f, 'f', 0, 64)
	}
	return strconv.AppendFloat(dst, f, 'f', -1, 64)
}

// appendKeyJSON appends a value of a document as JSON from which a key of a type can be made. ok is false if no key of the type
// is equal to the value.
func appendKeyJSON(dst []byte, v bson.RawValue, t lookupkey.Type) (_ []byte, ok bool) {
	isAny, isNumber := t == lookupkey.Any, false
	switch t {
	case lookupkey.Any, lookupkey.Smallint, lookupkey.Integer, lookupkey.Bigint, lookupkey.Numeric:
		isNumber = true
	default:
	}
	switch v.Type {
	case bson.TypeString:
		return lookupkey.AppendString(dst, v.StringValue()), isAny || t == lookupkey.Text
	case bson.TypeBoolean:
		return strconv.AppendBool(dst, v.Boolean()), isAny || t == lookupkey.Boolean
	case bson.TypeInt32:
		return strconv.AppendInt(dst, int64(v.Int32()), 10), isNumber
	case bson.TypeInt64:
		return strconv.AppendInt(dst, v.Int64(), 10), isNumber
	case bson.TypeDouble:
		return appendDouble(dst, v.Double()), isNumber
	case bson.TypeDecimal128:
		return append(dst, v.Decimal128().String()...), isNumber
	case bson.TypeObjectID:
		return appendQuoted(dst, v.ObjectID().Hex()), t == lookupkey.ObjectID
	case bson.TypeDateTime:
		return appendQuoted(dst, time.UnixMilli(v.DateTime()).UTC().Format(millis)), t == lookupkey.Timestamptz
	case bson.TypeBinary:
		subtype, data := v.Binary()
		return appendQuoted(dst, hex.EncodeToString(data)), t == lookupkey.UUID && subtype == uuidSubtype
	default:
		return dst, false
	}
}

// appendQuoted appends a string that needs no escapes.
func appendQuoted(dst []byte, text string) []byte {
	return append(append(append(dst, '"'), text...), '"')
}
