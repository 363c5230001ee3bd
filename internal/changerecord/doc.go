// Package changerecord finds the keys whose rows have changed in records that tell of changes: those of Debezium, with
// or without the schema beside the payload, and plain records with a key.
//
// What cannot be known from a record is never guessed. A value that may be an envelope of Debezium or a row with such columns
// is read as both. If the record does not name all keys that it concerns, all keys may have changed, and the reason says why.
package changerecord
