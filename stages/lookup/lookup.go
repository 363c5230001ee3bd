// Package lookup holds what the packages sqllookup, redislookup and httplookup have in common.
//
// A Key is JSON, and so is a value: an object, or a list of objects where a query returns many for a key.
//
// # Key types
//
// A source compares keys by type. The type decides which JSON values can be keys and which of them are equal. A database knows
// the types of a query's keys. A query can name them instead, in any case:
//
//   - any: a string, a number or a boolean. 5 and "5" are two keys.
//   - smallint (int2), integer (int, int4), bigint (int8): an integer of 16, 32 or 64 bits, or a string of its digits.
//   - numeric (decimal): a number of any size, or a string of its digits. 12.50 and "12.5" are one key.
//   - text (varchar, string): a string without NUL characters. A number is the string of its digits.
//   - citext: text whose case does not count.
//   - char (bpchar): text whose trailing spaces do not count.
//   - uuid: a string of hexadecimal digits in any case, with or without braces and hyphens.
//   - boolean (bool): true or false, or a string of that.
//   - timestamptz: a string in RFC 3339. Equal moments are equal in any zone. Microseconds count.
//   - timestamp: a string such as 2006-01-02T15:04:05, without a zone.
//   - date: a string such as 2006-01-02.
//
// All types read a number by its value: 5, 5.0 and 50e-1 are one key.
package lookup

import "github.com/loaderline/loaderline/stages"

// Key is a key as compact JSON: 123, "abc", true, or ["t1",5] for a composite key. Equal keys of one query are equal strings.
type Key string

// Source loads JSON by key. A value is one compact JSON document: an object, or a list of objects from a source that returns
// many rows for a key. It never changes.
type Source = stages.Source[Key, []byte]
