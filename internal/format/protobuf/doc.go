// Package protobuf turns Protobuf messages into JSON text and JSON text into Protobuf messages, by schemas that it reads at
// run time. A schema is compiled once. From then on a message is read in one pass and written in a second one, without a
// tree of values between them.
//
// # JSON text of a message
//
// It is the JSON mapping of Protobuf with these choices:
//
//   - Members have the field's name in the schema, in the order of the schema. Extensions follow as "[full.name]".
//   - Integers of 64 bits are numbers with all their digits, or strings where format.Options say so.
//   - A field without presence is always there: zero, an empty list or an empty object. A field with presence is there when
//     it is set: of a oneof the member that is set. The default of a proto2 field stands for no value.
//   - A number that an enum does not name is that number.
//   - A Timestamp is RFC 3339 and a Duration "1.5s", without zeros at the end. As numbers, both are seconds.
//   - An Any of a message that the schema does not hold is {"@type": URL, "value": base64}.
//   - NaN and infinities are strings in a google.protobuf.Value too, and a Value that holds nothing is null.
//
// # What a decoder refuses
//
// A body that is cut or malformed, a field whose wire type is not that of the schema (other readers drop such a field, and
// the event would be enriched without it), a string that is not valid UTF-8, a required field that is absent, more than 100
// levels of messages, and more JSON than format.Options allow. Fields that the schema does not know are skipped. Values that
// a later occurrence of the same field replaces are skipped too.
package protobuf
