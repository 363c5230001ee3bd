// Package sqllookup looks keys up by SQL queries on PostgreSQL, MySQL, MariaDB and SQLite.
//
// A query names its keys once, as $keys. The database gets it once for all keys of a call, with the keys as a parameter and never
// as text. The database says which types they have. A value that does not fit is no key, and fails alone before the call.
//
// A program imports the driver of each database that it uses, for its effect, and no other:
//
//	import _ "github.com/loaderline/loaderline/stages/sqllookup/postgres"
//	import _ "github.com/loaderline/loaderline/stages/sqllookup/mysql"
//	import _ "github.com/loaderline/loaderline/stages/sqllookup/sqlite"
//
// # Values
//
// Each row becomes one JSON object. A number keeps its digits, and nothing is lost:
//
//   - Numeric and floating point values are numbers as the database writes them. NaN and the infinities are strings.
//   - timestamptz is RFC 3339 in UTC, timestamp the same without a zone, date 2006-01-02. time and interval are text.
//   - json and jsonb stay as they are, without white space around their parts. A name that occurs twice in one object, or half of a
//     surrogate pair, fails the key, since no event could hold it.
//   - bytea and BLOB are base64. An array is a JSON array. NULL is null.
//   - uuid, enums, ranges and every other type are text.
//
// On MySQL and MariaDB:
//
//   - TIMESTAMP is RFC 3339 in UTC, and DATETIME the same without a zone. A date with a zero in it (0000-00-00 00:00:00) stays as
//     it is.
//   - BOOLEAN is TINYINT(1), and so 0 or 1. BIT and YEAR are numbers. TIME, ENUM and SET are text. A spatial value is base64.
//   - JSON on MariaDB is text with a check. A column is JSON under its own name in the result, and text under another name.
//
// On SQLite a value is what it is stored as. In a BOOLEAN column 0 and 1 are false and true. In a JSON column valid JSON is
// kept as JSON.
//
// A row whose text is not UTF-8 fails its key. SQLite can have such text, and PostgreSQL with the encoding SQL_ASCII.
//
// # Calls
//
// A lookup learns the columns of a query, and the types of its key, from the database. It learns them at the start, and again when
// a call fails or a result has other columns. So a change of the schema needs no restart.
//
// On PostgreSQL every call is planned with the keys it has, and leaves no prepared statement behind. So PgBouncer works in its session
// and transaction modes, and in statement mode for all but preloads. A session becomes read only, with a statement timeout, once
// target_session_attrs has chosen it. A lookup recognizes a pooler by the process number that it tells clients. Behind a pooler each
// call makes these settings for its own transaction.
//
// On MySQL (5.7 and later) and MariaDB (10.5 and later) keys are placeholders in lists whose sizes are powers of two. A call that
// needs more than 65,535 placeholders is made in parts. A key has the type of the result's key column. A key with characters that the
// column's character set does not have fails alone. As a part of a composite key it makes the key missing. A key column of an unsigned
// BIGINT takes keys beyond 63 bits. Sessions are read only and in UTC. A call that is given up closes its connection. Its statement
// ends in the server by Config.Timeout.
//
// # Equal keys
//
// A row belongs to every key that the database takes for equal to it. Equal keys need not be equal strings, as with inet, citext or a
// collation that ignores accents. Then a second statement asks the database about the keys whose spelling does not decide. A cache has
// a result for each of such keys. Forget all of them if a row changes.
//
// # Errors
//
// Errors are classified for the engine (see stages.ClassOf). What the database blames on data is permanent, what it blames on the
// statement or on rights is fatal, and everything else is transient.
package sqllookup
