// Package avro transcodes between Avro's binary encoding and JSON text, without values in between.
//
// A [Decoder] writes the JSON that users see: see [Decoder] for how each type looks. An [Encoder] reads it back: see [Encoder] for what it
// takes. Both are bounded against hostile input and allocate nothing for usual values. The library twmb/avro parses the schemas, compares them
// and is the oracle of the tests.
//
// The encoding of a record is the concatenation of its fields. So a record that holds another one, of the same schema, is made by copying
// bytes: see [Schema.Field], [Schema.Same] and [Build].
package avro
