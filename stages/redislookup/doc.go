// Package redislookup answers lookups by keys of Redis (6 and later), one server or a cluster.
//
// A template such as user:$key says which Redis key belongs to a lookup's key. All keys of a call go out in one
// pipeline, in a cluster one for each server that holds some of them, as a command of their own each: GET, or HGETALL
// for hashes. So a key that holds the wrong kind of value fails alone, where MGET would show it as missing, and no
// command spans two slots.
//
//   - A string is a JSON string. It must be UTF-8.
//   - JSON in a string is that JSON without white space around its parts. It must be valid by RFC 8259, in UTF-8, and
//     name no member of an object twice. Numbers keep their digits. With Query.Many it is a list.
//   - A hash is an object of strings, its fields sorted by name.
//
// A key that is not there is missing, also where it expired or was evicted.
//
// Errors are classified for the engine (see stages.ClassOf): a value that cannot be used is permanent and its key's
// alone; a refused login, a missing right or a command that the server does not have is fatal; everything else (a
// server that loads its data, a lost connection, a timeout) is transient.
//
// The driver reports failed dials through its own logger, which belongs to the process: whoever owns main sets it by
// redis.SetLogger.
package redislookup
