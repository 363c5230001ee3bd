// Package mongolookup looks keys up in MongoDB (4.4 and later): one server, a replica set or a sharded cluster.
//
// A filter such as {"user_id": {"$in": "$keys"}} asks for the documents of all keys of a call by one find. A document names its
// key in the field that the filter compares, so order, gaps and repetitions do not matter. A key without a document is missing.
// If the field is a list, the document is one of each of its elements. A document that nobody asked for is counted.
//
// # Keys
//
// MongoDB compares values of different types as different, but numbers by their value. So the type of a key decides what is
// asked for:
//
//   - text is a string, boolean a boolean, and objectid an ObjectId.
//   - smallint, integer, bigint and numeric are numbers of any type. A fraction is asked for as a Decimal128, and as a double if
//     a double is written like it.
//   - uuid is binary of subtype 4. A UUID in a string has the key type text.
//   - timestamptz is a date, in milliseconds. Nothing is equal to a key with microseconds.
//   - any, the default, is a string, a number or a boolean as the event has it.
//
// # Values
//
// A document becomes a JSON object with its members in their order. Integers, doubles and Decimal128 are numbers with all
// digits. NaN and infinities are strings. An ObjectId is its hexadecimal digits, a date is RFC 3339 in UTC, binary is base64, and
// binary of subtype 4 is a UUID. What has no such form is Extended JSON: regular expressions, timestamps, code, MinKey and MaxKey,
// and dates before year 0 or after 9999. With Query.Extended all types that JSON does not have are relaxed Extended JSON (version 2).
//
// A document that names a member twice, or that has a string which is not UTF-8, fails its key alone.
//
// # Errors
//
// Errors are classified for the engine (see stages.ClassOf). A refused login, a missing right and a filter that MongoDB refuses
// are fatal. An answer that is too large is permanent, so that the engine asks again for fewer keys. An error code that is not
// known and that begins with Location is unusable. Everything else is transient: an election, a lost connection, a timeout. The
// driver retries a read once, unless the URI says retryReads=false.
package mongolookup
