// Package lookup holds what the packages sqllookup, redislookup, httplookup, grpclookup, mongolookup and filelookup have in common.
//
// Open of these packages makes a Client. Its Lookup prepares a query as a Lookup, which is a stages.Source: a stages.Loader can ask it
// for keys. A Key is JSON, and so is a value: an object, or a list of objects where a query returns many for a key.
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
//   - objectid: a string of 24 hexadecimal digits in any case.
//
// All types read a number by its value: 5, 5.0 and 50e-1 are one key.
package lookup

import (
	"context"

	"github.com/loaderline/loaderline/internal/secret"
	"github.com/loaderline/loaderline/stages"
)

// Client is a source with its connections: a database, a Redis or a service. It is safe for concurrent use.
type Client[Query any] interface {
	// Lookup prepares a query. Its error names the stage. The error is fatal by stages.ClassOf if the query is wrong.
	Lookup(ctx context.Context, q Query) (Lookup, error)
	// Ping returns an error if the source cannot be reached, or does not let the client in. The error names the source's host
	// and no credentials. It is fatal by stages.ClassOf if another try cannot succeed.
	Ping(ctx context.Context) error
	// Close closes the connections. No call may be under way, and none may follow.
	Close() error
}

// Lookup is a prepared query. It is safe for concurrent use.
//
// Load looks up all keys of a batch at once. A value is one compact JSON document, which never changes. An error of the
// whole call is an Error. So is the error of a key that the source refuses, or that has a value which cannot be used.
type Lookup interface {
	stages.Source[Key, []byte]

	// Key returns the key of JSON values, one for each part of the key. It returns stages.ErrNoKey if one of them is null or
	// empty, and another error if they do not fit the types of the key. That error quotes at most 64 bytes of a value. The key
	// shares no memory with parts.
	Key(parts ...[]byte) (Key, error)
}

// Key is a key as compact JSON: 123, "abc", true, or ["t1",5] for a composite key. Equal keys of one query are equal strings. No
// key is longer than 1,024 bytes.
type Key string

// Secret is a password, a token or a whole connection string. Formatting, logging and encoding it, or what holds it, show a
// placeholder. string(s) is the secret itself.
type Secret = secret.Text

// Error is the error that a source returned, or the reason why it did not respond. Its text holds no key, value,
// statement, address or credentials, so it can be published with a record. It wraps the driver's error, which can hold
// all of them.
type Error interface {
	error
	// Code returns the source's word for the error: an SQLSTATE (42501), MySQL's number (1146), SQLite's name (SQLITE_BUSY), the
	// first word of Redis (WRONGTYPE), a status of HTTP (503), a code of gRPC (NOT_FOUND), MongoDB's name (Unauthorized), or a
	// service's own word. It is empty if the source said nothing. stages.BackendConfig.Errors classifies errors by it.
	Code() string
}
