package protobuf_test

import (
	"fmt"
	"strings"

	"pgregory.net/rapid"
)

// schemaWriter writes random schemas, as text.
type schemaWriter struct {
	t        *rapid.T
	text     strings.Builder
	syntax   string
	messages int
	number   int // of the last field of the message
	name     int // of the last field of the message
}

var (
	scalars = []string{"bool", "int32", "int64", "sint32", "sint64", "uint32", "uint64", "fixed32", "fixed64", "sfixed32", "sfixed64", "float", "double", "string", "bytes"}
	keys    = []string{"bool", "int32", "int64", "sint32", "sint64", "uint32", "uint64", "fixed32", "fixed64", "sfixed32", "sfixed64", "string"}
	known   = []string{
		"Any", "Timestamp", "Duration", "FieldMask", "Struct", "Value", "ListValue", "Empty", "NullValue",
		"BoolValue", "Int32Value", "Int64Value", "UInt32Value", "UInt64Value", "FloatValue", "DoubleValue", "StringValue", "BytesValue",
	}
)

// randomSchema is a file with messages M0 to M(n-1), and their number.
func randomSchema(t *rapid.T) (text string, messages int) {
	w := schemaWriter{t: t, syntax: rapid.SampledFrom([]string{"proto2", "proto3", "editions"}).Draw(t, "syntax"), messages: rapid.IntRange(1, 4).Draw(t, "messages")}
	w.head()
	for i := range w.messages {
		w.message(i)
	}
	return w.text.String(), w.messages
}

func (w *schemaWriter) linef(format string, args ...any) { fmt.Fprintf(&w.text, format+"\n", args...) }

func (w *schemaWriter) head() {
	if w.syntax == "editions" {
		w.linef(`edition = "2023";`)
	} else {
		w.linef(`syntax = %q;`, w.syntax)
	}
	w.linef("package random;")
	for _, file := range []string{"any", "timestamp", "duration", "field_mask", "struct", "empty", "wrappers"} {
		w.linef(`import "google/protobuf/%s.proto";`, file)
	}
	w.linef("enum E { option allow_alias = true; E_ZERO = 0; E_ONE = 1; E_UNO = 1; E_MANY = 1000; E_NEGATIVE = -5; }")
}

func (w *schemaWriter) message(i int) {
	w.number, w.name = 0, 0
	w.linef("message M%d {", i)
	for range rapid.IntRange(0, 8).Draw(w.t, "fields") {
		w.field(i)
	}
	if w.syntax != "proto3" && rapid.Bool().Draw(w.t, "extensible") {
		w.linef("  extensions 30000 to 30099;")
		w.linef("  extend M%d { %s %s%d_extension = %d; }", i, w.label("optional"), w.kind(), i, 30000+i)
	}
	w.linef("}")
}

// label is written where proto2 has one.
func (w *schemaWriter) label(label string) string {
	if w.syntax == "editions" && label == "optional" {
		return ""
	}
	return label
}

// kind is the type of a field, with the name that begins behind it.
func (w *schemaWriter) kind() string {
	switch rapid.IntRange(0, 5).Draw(w.t, "kind") {
	case 0:
		return fmt.Sprintf("M%d m", rapid.IntRange(0, w.messages-1).Draw(w.t, "message"))
	case 1:
		return "E e"
	case 2:
		return "google.protobuf." + rapid.SampledFrom(known).Draw(w.t, "known") + " known_"
	default:
		return rapid.SampledFrom(scalars).Draw(w.t, "scalar") + " someField_"
	}
}

// next is the number of the next field. Numbers are small, large, and in any order.
func (w *schemaWriter) next() int {
	w.number++
	w.name++
	switch rapid.IntRange(0, 9).Draw(w.t, "number") {
	case 0:
		return 536_870_911 - w.number
	case 1:
		return 200 - w.number
	default:
		return w.number
	}
}

func (w *schemaWriter) field(i int) {
	n := w.next()
	switch rapid.IntRange(0, 9).Draw(w.t, "shape") {
	case 0:
		w.linef("  map<%s, %s%d = %d;", rapid.SampledFrom(keys).Draw(w.t, "key"), strings.Replace(w.kind(), " ", "> ", 1), w.name, n)
	case 1, 2:
		w.linef("  repeated %s%d = %d;", w.kind(), w.name, n)
	case 3:
		w.linef("  oneof choice_%d {", w.name)
		w.linef("    %s%d = %d;", w.kind(), w.name, n)
		for range rapid.IntRange(0, 2).Draw(w.t, "members") {
			n = w.next()
			w.linef("    %s%d = %d;", w.kind(), w.name, n)
		}
		w.linef("  }")
	case 4:
		w.special(i, n)
	default:
		label := "optional"
		if w.syntax == "proto3" && rapid.Bool().Draw(w.t, "implicit") {
			label = ""
		}
		w.linef("  %s %s%d = %d;", w.label(label), w.kind(), w.name, n)
	}
}

// special writes what one syntax alone has.
func (w *schemaWriter) special(i, n int) {
	switch {
	case w.syntax == "proto2" && rapid.Bool().Draw(w.t, "group"):
		w.linef("  %s group Group%d_%d = %d { optional int32 a = 1; repeated M%d b = 2; }", rapid.SampledFrom([]string{"optional", "repeated"}).Draw(w.t, "label"), i, w.name, n, i)
	case w.syntax == "proto2":
		w.linef("  required %s r_%d = %d;", rapid.SampledFrom(scalars).Draw(w.t, "required"), w.name, n)
	case w.syntax == "proto3":
		w.linef("  repeated %s p_%d = %d [packed = %t];", rapid.SampledFrom(scalars[:13]).Draw(w.t, "packable"), w.name, n, rapid.Bool().Draw(w.t, "packed"))
	default:
		w.linef("  M%d d_%d = %d [features.message_encoding = DELIMITED];", i, w.name, n)
	}
}
