package lookupkey

import (
	"fmt"
	"strings"
)

// Type is the type that a source compares keys by. It decides which keys are possible and which are equal.
type Type uint8

// The types. The zero Type is Any.
const (
	// Any keeps strings, numbers and booleans apart: `5` and `"5"` are two keys. As for all types, `5.0` and `5e0` are `5`.
	Any Type = iota
	// Smallint is an integer of 16 bits.
	Smallint
	// Integer is an integer of 32 bits.
	Integer
	// Bigint is an integer of 64 bits.
	Bigint
	// Numeric is a decimal number of any size, or a string such as `"12.50"`: both are `"12.5"`, and whole numbers `12`.
	Numeric
	// Text is a string without NUL characters; a number is the string of its digits.
	Text
	// CaselessText is Text in which upper and lower case are equal (citext).
	CaselessText
	// PaddedText is Text in which trailing spaces do not count (char(n)).
	PaddedText
	// UUID is a string in any case, with or without braces and hyphens.
	UUID
	// Boolean is true or false, or a string that says so.
	Boolean
	// Timestamptz is a string in RFC 3339 with microseconds; equal moments are equal in any zone.
	Timestamptz
	// Timestamp is a string such as `"2006-01-02T15:04:05"`, without a zone.
	Timestamp
	// Date is a string such as `"2006-01-02"`.
	Date
	// ObjectID is a string with 24 hexadecimal digits in any case, as MongoDB's shell writes an ObjectId.
	ObjectID
	// CaselessASCII is Text of a source that ignores case in its own way. Text for which IsPlain is true is in lower case.
	// Other text stays as it is, since sources differ in what they take for equal there. No pipeline file can name this
	// type.
	CaselessASCII
)

const (
	numTypes = int(CaselessASCII) + 1
	numNamed = int(ObjectID) + 1 // by files
)

var typeNames = [numTypes]string{
	"any", "smallint", "integer", "bigint", "numeric", "text", "citext", "char", "uuid", "boolean", "timestamptz", "timestamp", "date", "objectid", "caseless",
}

// String is the type's name in a pipeline file and in SQL.
func (t Type) String() string {
	if int(t) >= numTypes {
		return fmt.Sprintf("Type(%d)", uint8(t))
	}
	return typeNames[t]
}

// ParseType is the type of that name, in any case. Other names of the same types are understood (int8, string).
// Its error lists the names.
func ParseType(name string) (Type, error) {
	lower := strings.ToLower(strings.TrimSpace(name))
	switch lower {
	case "int2":
		return Smallint, nil
	case "int", "int4":
		return Integer, nil
	case "int8":
		return Bigint, nil
	case "decimal":
		return Numeric, nil
	case "varchar", "string":
		return Text, nil
	case "bpchar":
		return PaddedText, nil
	case "bool":
		return Boolean, nil
	}
	for i, n := range typeNames[:numNamed] {
		if n == lower {
			return Type(i), nil
		}
	}
	return Any, fmt.Errorf("unknown key type %q: it is one of %s", name, strings.Join(typeNames[:numNamed], ", "))
}

// article is the type's name as a sentence has it.
func (t Type) article() string {
	if t == Integer || t == Any || t == ObjectID {
		return "an " + t.String()
	}
	return "a " + t.String()
}
