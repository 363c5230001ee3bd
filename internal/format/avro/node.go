package avro

import "bytes"

// kind is what a type is stored as.
type kind uint8

const (
	kindNull kind = iota
	kindBoolean
	kindInt
	kindLong
	kindFloat
	kindDouble
	kindString
	kindBytes
	kindFixed
	kindEnum
	kindArray
	kindMap
	kindRecord
	kindUnion
)

var kindNames = [...]string{"null", "boolean", "int", "long", "float", "double", "string", "bytes", "fixed", "enum", "array", "map", "record", "union"}

func (k kind) String() string { return kindNames[k] }

// logical is what a type means beside how it is stored. What the specification tells readers to ignore is none: a name that is not
// known, or a logical type on a type that it is not for.
type logical uint8

const (
	logicalNone logical = iota
	logicalDecimal
	logicalBigDecimal // with its scale in each value
	logicalUUID
	logicalDate
	logicalTime
	logicalTimestamp
	logicalLocalTimestamp
	logicalDuration
)

// node is a type. Recursive types make it a graph, so it is built once and never changed.
type node struct {
	kind    kind
	logical logical
	perUnit int64  // nanoseconds in a unit of a time or timestamp
	label   string // the logical type's name in schemas
	name    string // the full name of a record, enum or fixed
	size    int    // of a fixed

	precision, scale int // of a decimal

	symbols []string // of an enum
	quoted  []string // the same as JSON strings
	fields  []field
	index   map[string]int // of the fields by name, where there are many
	item    *node          // of an array or a map
	union   []*node
	null    int // which of a union's types is null, or -1

	candidates *candidates // of a union

	least int // how many bytes a value has at least; it may have more
}

// field is a field of a record.
type field struct {
	name     string
	opening  string // what JSON has before its value: a brace or comma, the name, a colon
	node     *node
	absent   []byte // the encoding of the value that a missing member stands for
	optional bool   // there is such a value
}

// fewFields is how many are compared with a name, one after the other.
const fewFields = 8

func (n *node) fieldIndex(name []byte) (int, bool) {
	if n.index != nil {
		i, ok := n.index[string(name)]
		return i, ok
	}
	for i := range n.fields {
		if string(name) == n.fields[i].name {
			return i, true
		}
	}
	return 0, false
}

func (n *node) symbolIndex(symbol []byte) (int, bool) {
	for i := range n.symbols {
		if string(symbol) == n.symbols[i] {
			return i, true
		}
	}
	return 0, false
}

// String names the type in errors.
func (n *node) String() string {
	switch {
	case n.logical == logicalDecimal:
		return n.decimalName()
	case n.logical != logicalNone:
		return n.label
	case n.name != "":
		return n.kind.String() + " " + n.name
	case n.kind == kindUnion:
		var text bytes.Buffer
		text.WriteString("one of ")
		for i, branch := range n.union {
			if i > 0 {
				text.WriteString(", ")
			}
			text.WriteString(branch.String())
		}
		return text.String()
	default:
		return n.kind.String()
	}
}
