// Package changerecord finds the keys whose rows have changed in records that tell of changes: those of Debezium, with
// or without the schema beside the payload, and plain records with a key.
//
// What cannot be known from a record is never guessed. A value that may be an envelope of Debezium or a row with such columns
// is read as both. Where it does not say all keys that it concerns, all of them may
// have changed, and the reason says why.
package changerecord
