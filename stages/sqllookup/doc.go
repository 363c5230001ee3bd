// Package sqllookup answers lookups by SQL queries on PostgreSQL, MySQL, MariaDB and SQLite.
//
// A query names its keys once as $keys and is sent once for all of them. The keys are a parameter and never text. The database
// says which types they have. A value that does not fit is no key, and fails alone before the call. Each row becomes one JSON
// object, in which a number keeps its digits and nothing is lost:
//
//   - numeric and floating point are numbers as the database writes them; NaN and the infinities are strings;
//   - timestamptz is RFC 3339 in UTC, timestamp the same without a zone, date 2006-01-02; time and interval are text;
//   - json and jsonb are as they are, without white space around their parts; a name twice in one object and half of a surrogate
//     pair fail the key, since no event could hold them; bytea and BLOB are base64;
//   - an array is a JSON array; uuid, enums, ranges and every other type are text; NULL is null;
//   - on MySQL and MariaDB TIMESTAMP is RFC 3339 in UTC and DATETIME the same without a zone, but a date with a zero in
//     it (0000-00-00 00:00:00) stays as it is; BOOLEAN is TINYINT(1), and so 0 or 1; BIT is a number, YEAR too; TIME, ENUM
//     and SET are text; a spatial value is base64;
//   - on MariaDB, where JSON is text that is checked, a column is JSON under its own name in the result, and text under
//     another;
//   - on SQLite a value is what it is stored as, but a BOOLEAN column's 0 and 1 are false and true, and valid
//     JSON in a JSON column stands as JSON.
//
// A row whose text is not UTF-8 (SQLite, or PostgreSQL with the encoding SQL_ASCII) fails its key.
//
// A lookup learns the columns of a query, and the types of its key, from the database. It learns them at the start, and again when
// a call fails or a result has other columns. So a change of the schema needs no restart.
//
// On PostgreSQL every call is planned with the keys it has and leaves no prepared statement behind: PgBouncer works in its session and
// transaction modes, and in statement mode for all but preloads. A session becomes read only, with a statement timeout, once
// target_session_attrs has chosen it. A pooler shows by the process number that it tells clients. Behind a pooler each call makes
// these settings for its own transaction.
//
// On MySQL (5.7 and later) and MariaDB (10.5 and later) keys are placeholders in lists of which the sizes are powers of two,
// and a list that is longer than 65,535 placeholders is asked in parts. A key has the type of the result's key column. A key with
// characters that the column's character set does not have fails alone. As a part of a composite key it makes the key missing. A
// key column of an unsigned BIGINT takes keys beyond 63 bits. Sessions are read only and in UTC. A call that is given up closes its
// connection; what it asked for ends in the server by Config.Timeout.
//
// A row belongs to every key that the database takes for equal to it. Equal keys need not have one canonical form, as with inet,
// citext or a collation that ignores accents. Then a second statement asks the database about the keys whose spelling does not
// decide. A cache has a result for each of such keys. Forget all of them if a row changes.
//
// Errors are classified for the engine (see stages.ClassOf): what the database blames on data is permanent, on the
// statement or the rights fatal, and everything else is transient.
package sqllookup
