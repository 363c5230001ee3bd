// Package redislookup looks keys up in Redis (6 and later), one server or a cluster.
//
// A template such as user:$key says which Redis key belongs to a lookup's key. All keys of a call go out in one pipeline, in
// a cluster in one pipeline for each server that holds some of them. Each key has its own command: GET, or HGETALL for
// hashes. So a key that holds the wrong kind of value fails alone, where MGET would show it as missing. No command spans two
// slots.
//
//   - A string is a JSON string. It must be UTF-8.
//   - JSON in a string is that JSON without white space around its parts. It must be valid by RFC 8259, in UTF-8, and
//     name no member of an object twice. Numbers keep their digits. With Query.Many it is a list.
//   - A hash is an object of strings, sorted by the names of its fields.
//
// A key that is not there is missing, also if it expired or was evicted.
//
// Errors are classified for the engine (see stages.ClassOf). A value that cannot be used is permanent and fails its key alone. A
// refused login, a missing right and a command that the server does not have are fatal. Everything else is transient: a server that
// loads its data, a lost connection, a timeout.
//
// The driver reports failed dials through its own logger, which belongs to the process. Set it by redis.SetLogger in main.
package redislookup
