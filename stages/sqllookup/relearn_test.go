package sqllookup_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/loaderline/loaderline/internal/loaderr"
	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/sqllookup"
)

// keyOf is the key of a JSON value as a pipeline makes it.
func keyOf(t *testing.T, l lookupext.Database, raw string) lookup.Key {
	t.Helper()
	key, err := l.Types().Canonical([]byte(raw))
	if err != nil {
		key, err = lookupkey.Unchecked([]byte(raw))
	}
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func find(t *testing.T, l lookupext.Database, raw string) string {
	t.Helper()
	return string(load(t, l, keyOf(t, l, raw)).Result(0).Value)
}

// step is what happens to a table, and a key that is looked for after it.
type step struct{ ddl, key, want string }

func TestWhatTheSchemaSaysIsLearnedAgain(t *testing.T) {
	t.Parallel()
	const uuid = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"
	const pg, lite, my = sqllookup.Postgres, sqllookup.SQLite, sqllookup.MySQL
	for _, tc := range []struct {
		name   string
		driver string
		before string
		steps  []step
	}{
		{"int to bigint", pg, "CREATE TABLE t (id int, a text)", []step{
			{"INSERT INTO t VALUES (2147483647, 'int')", `2147483647`, `{"id":2147483647,"a":"int"}`},
			{"ALTER TABLE t ALTER id TYPE bigint; INSERT INTO t VALUES (2147483648, 'big')", `2147483648`, `{"id":2147483648,"a":"big"}`},
			{"", `2147483647`, `{"id":2147483647,"a":"int"}`},
		}},
		{"int to bigint", my, "CREATE TABLE t (id int, a text)", []step{
			{"INSERT INTO t VALUES (2147483647, 'int')", `2147483647`, `{"id":2147483647,"a":"int"}`},
			{"ALTER TABLE t MODIFY id bigint; INSERT INTO t VALUES (2147483648, 'big')", `2147483648`, `{"id":2147483648,"a":"big"}`},
		}},
		{"bigint to unsigned", my, "CREATE TABLE t (id bigint, a text)", []step{
			{"INSERT INTO t VALUES (1, 'one')", `1`, `{"id":1,"a":"one"}`},
			{"ALTER TABLE t MODIFY id bigint unsigned; INSERT INTO t VALUES (18446744073709551615, 'most')", `18446744073709551615`, `{"id":18446744073709551615,"a":"most"}`},
		}},
		{"int to text", pg, "CREATE TABLE t (id int, a text)", []step{
			{"INSERT INTO t VALUES (7, 'x')", `7`, `{"id":7,"a":"x"}`},
			{"ALTER TABLE t ALTER id TYPE text; INSERT INTO t VALUES ('k', 'y')", `7`, `{"id":"7","a":"x"}`},
			{"", `"k"`, `{"id":"k","a":"y"}`},
		}},
		{"int to text, a text first", pg, "CREATE TABLE t (id int, a text)", []step{
			{"ALTER TABLE t ALTER id TYPE text; INSERT INTO t VALUES ('k', 'y')", `"k"`, `{"id":"k","a":"y"}`},
		}},
		{"int to text", my, "CREATE TABLE t (id int, a text)", []step{
			{"INSERT INTO t VALUES (7, 'x')", `7`, `{"id":7,"a":"x"}`},
			{"ALTER TABLE t MODIFY id varchar(10); INSERT INTO t VALUES ('k', 'y')", `"k"`, `{"id":"k","a":"y"}`},
			{"", `7`, `{"id":"7","a":"x"}`},
		}},
		{"integer to text", lite, "CREATE TABLE t (id INTEGER, a TEXT)", []step{
			{"INSERT INTO t VALUES (7, 'x')", `7`, `{"id":7,"a":"x"}`},
			{"DROP TABLE t; CREATE TABLE t (id TEXT, a TEXT); INSERT INTO t VALUES ('k', 'y'), ('7', 'x')", `"k"`, `{"id":"k","a":"y"}`},
			{"", `7`, `{"id":"7","a":"x"}`},
		}},
		{"text to uuid", pg, "CREATE TABLE t (id text, a text)", []step{
			{"INSERT INTO t VALUES ('" + uuid + "', 'x')", `"` + uuid + `"`, `{"id":"` + uuid + `","a":"x"}`},
			{"ALTER TABLE t ALTER id TYPE uuid USING id::uuid", `"` + strings.ToUpper(uuid) + `"`, `{"id":"` + uuid + `","a":"x"}`},
		}},
		{"bytes to any case", pg, "CREATE EXTENSION citext; CREATE TABLE t (id text, a text)", []step{
			{"INSERT INTO t VALUES ('Ada', 'x')", `"Ada"`, `{"id":"Ada","a":"x"}`},
			{"ALTER TABLE t ALTER id TYPE citext", `"ADA"`, `{"id":"Ada","a":"x"}`},
			{"ALTER TABLE t ALTER id TYPE text", `"ada"`, ""},
			{"", `"Ada"`, `{"id":"Ada","a":"x"}`},
		}},
		{"text to inet", pg, "CREATE TABLE t (id text, a text)", []step{
			{"INSERT INTO t VALUES ('2001:db8::1', 'x')", `"2001:DB8::1"`, ""},
			{"ALTER TABLE t ALTER id TYPE inet USING id::inet", `"2001:DB8::1"`, `{"id":"2001:db8::1","a":"x"}`},
		}},
		{"int to inet", pg, "CREATE TABLE t (id int, a text)", []step{
			{"INSERT INTO t VALUES (1, 'x')", `1`, `{"id":1,"a":"x"}`},
			{"ALTER TABLE t ALTER id TYPE inet USING ('2001:db8::' || id)::inet", `"2001:DB8::1"`, `{"id":"2001:db8::1","a":"x"}`},
		}},
		{"bytes to any accent", pg, "CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level1', deterministic = false); CREATE TABLE t (id text, a text)", []step{
			{"INSERT INTO t VALUES ('É', 'x')", `"É"`, `{"id":"É","a":"x"}`},
			{`ALTER TABLE t ALTER id TYPE text COLLATE loose`, `"e"`, `{"id":"É","a":"x"}`},
		}},
		{"bytes to any accent", my, "CREATE TABLE t (id varchar(9) COLLATE utf8mb4_bin, a text)", []step{
			{"INSERT INTO t VALUES ('É', 'x')", `"É"`, `{"id":"É","a":"x"}`},
			{"ALTER TABLE t MODIFY id varchar(9) COLLATE utf8mb4_general_ci", `"e"`, `{"id":"É","a":"x"}`},
		}},
		{"bytes to any case", lite, "CREATE TABLE t (id TEXT, a TEXT)", []step{
			{"INSERT INTO t VALUES ('Ada', 'x')", `"Ada"`, `{"id":"Ada","a":"x"}`},
			{"DROP TABLE t; CREATE TABLE t (id TEXT COLLATE NOCASE, a TEXT); INSERT INTO t VALUES ('Ada', 'x')", `"ADA"`, `{"id":"Ada","a":"x"}`},
		}},
		{"a label is added", pg, "CREATE TYPE tier AS ENUM ('gold'); CREATE TABLE t (id tier, a text)", []step{
			{"INSERT INTO t VALUES ('gold', 'x')", `"gold"`, `{"id":"gold","a":"x"}`},
			{"ALTER TYPE tier ADD VALUE 'iron'", `"iron"`, ""},
			{"INSERT INTO t VALUES ('iron', 'y')", `"iron"`, `{"id":"iron","a":"y"}`},
		}},
		{"an enum is created anew", pg, "CREATE TYPE tier AS ENUM ('gold'); CREATE TABLE t (id tier, a text)", []step{
			{"INSERT INTO t VALUES ('gold', 'x')", `"gold"`, `{"id":"gold","a":"x"}`},
			{"ALTER TABLE t ALTER id TYPE text; DROP TYPE tier; CREATE TYPE tier AS ENUM ('gold', 'iron'); ALTER TABLE t ALTER id TYPE tier USING id::tier", `"iron"`, ""},
			{"", `"gold"`, `{"id":"gold","a":"x"}`},
		}},
		{"a domain is created anew", pg, "CREATE DOMAIN code AS int; CREATE TABLE t (id code, a text)", []step{
			{"INSERT INTO t VALUES (1, 'x')", `1`, `{"id":1,"a":"x"}`},
			{"ALTER TABLE t ALTER id TYPE bigint; DROP DOMAIN code; CREATE DOMAIN code AS bigint; ALTER TABLE t ALTER id TYPE code; INSERT INTO t VALUES (2147483648, 'y')", `2147483648`, `{"id":2147483648,"a":"y"}`},
		}},
		{"columns come and go", pg, "CREATE TABLE t (id int, a text)", []step{
			{"INSERT INTO t VALUES (1, 'x')", `1`, `{"id":1,"a":"x"}`},
			{"ALTER TABLE t ADD b json DEFAULT '[ 1 ]'", `1`, `{"id":1,"a":"x","b":[1]}`},
			{"ALTER TABLE t RENAME a TO c", `1`, `{"id":1,"c":"x","b":[1]}`},
			{"ALTER TABLE t DROP b", `1`, `{"id":1,"c":"x"}`},
		}},
		{"columns come and go", my, "CREATE TABLE t (id int, a text)", []step{
			{"INSERT INTO t VALUES (1, 'x')", `1`, `{"id":1,"a":"x"}`},
			{"ALTER TABLE t ADD b json DEFAULT '[ 1 ]'", `1`, `{"id":1,"a":"x","b":[1]}`},
			{"ALTER TABLE t CHANGE a c text", `1`, `{"id":1,"c":"x","b":[1]}`},
			{"ALTER TABLE t DROP b", `1`, `{"id":1,"c":"x"}`},
		}},
		{"columns come and go", lite, "CREATE TABLE t (id INTEGER, a TEXT)", []step{
			{"INSERT INTO t VALUES (1, 'x')", `1`, `{"id":1,"a":"x"}`},
			{"ALTER TABLE t ADD b JSON DEFAULT '[ 1 ]'", `1`, `{"id":1,"a":"x","b":[1]}`},
			{"ALTER TABLE t RENAME a TO c", `1`, `{"id":1,"c":"x","b":[1]}`},
			{"ALTER TABLE t DROP b", `1`, `{"id":1,"c":"x"}`},
		}},
		{"a table is created anew", pg, "CREATE TABLE t (id int, a text)", []step{
			{"INSERT INTO t VALUES (1, 'x')", `1`, `{"id":1,"a":"x"}`},
			{"DROP TABLE t; CREATE TABLE t (a int, id varchar(5)); INSERT INTO t VALUES (5, '1')", `1`, `{"a":5,"id":"1"}`},
		}},
		{"more digits", pg, "CREATE TABLE t (id numeric(8,2), a text)", []step{
			{"INSERT INTO t VALUES (7.25, 'x')", `7.25`, `{"id":7.25,"a":"x"}`},
			{"ALTER TABLE t ALTER id TYPE numeric(12,4); INSERT INTO t VALUES (7.2525, 'y')", `7.2525`, `{"id":7.2525,"a":"y"}`},
			{"", `"7.25"`, `{"id":7.2500,"a":"x"}`},
		}},
	} {
		t.Run(tc.driver+" "+tc.name, func(t *testing.T) {
			t.Parallel()
			d := map[string]func(testing.TB) database{sqllookup.Postgres: newPostgres, sqllookup.MySQL: newMySQL, sqllookup.SQLite: newSQLite}[tc.driver](t)
			d.script(t, tc.before)
			// With one connection nothing can be asked for while rows are read.
			l := prepare(t, d.open(t, sqllookup.Config{Pool: 1}), sqllookup.Query{SQL: "SELECT * FROM t WHERE id IN ($keys)", Key: []string{"id"}})
			for _, s := range tc.steps {
				d.script(t, s.ddl)
				if got := find(t, l, s.key); got != s.want {
					t.Errorf("%s after %q: %s, want %s", s.key, s.ddl, got, s.want)
				}
			}
		})
	}
}

// script runs statements one by one: an added label cannot be used in the transaction that adds it.
func (d database) script(tb testing.TB, statements string) {
	tb.Helper()
	for statement := range strings.SplitSeq(statements, "; ") {
		if statement != "" {
			d.exec(tb, statement)
		}
	}
}

func TestABadKeyFailsAloneAndIsAskedForOnce(t *testing.T) {
	t.Parallel()
	everyDatabase(t, func(t *testing.T, d database) {
		t.Helper()
		d.exec(t, "CREATE TABLE t (id bigint, a varchar(9))")
		d.exec(t, "INSERT INTO t VALUES (1, 'x'), (2, 'y')")
		l := d.lookup(t, sqllookup.Query{SQL: "SELECT a, id AS _key FROM t WHERE id IN ($keys)"})
		keys := []lookup.Key{"1", keyOf(t, l, `"bad"`), "2", keyOf(t, l, `7.5`)}
		b := load(t, l, keys...)
		for i, want := range []string{`{"a":"x"}`, `"bad" is not a bigint`, `{"a":"y"}`, "7.5 is a number with a fraction, not a bigint"} {
			r := b.Result(i)
			got := string(r.Value)
			if bad, ok := errors.AsType[*loaderr.BadKeyError](r.Err); ok && stages.ClassOf(r.Err) == stages.Permanent {
				got = bad.Err.Error()
			}
			if got != want {
				t.Errorf("%s: %s (%v), want %s", keys[i], got, r.Err, want)
			}
		}
		b = load(t, l, keyOf(t, l, `"bad"`))
		if !errors.Is(b.Result(0).Err, stages.ErrBadKey) {
			t.Errorf("a bad key alone: %v (%v)", b.Result(0).State, b.Result(0).Err)
		}
	})
}

// A type that is compared in another way makes one key of two that are in flight.
func TestKeysOfFormerTypesAreFound(t *testing.T) {
	t.Parallel()
	d := newPostgres(t)
	d.exec(t, "CREATE TABLE t (id int, a text)")
	d.exec(t, "INSERT INTO t VALUES (7, 'x')")
	l := d.lookup(t, sqllookup.Query{SQL: "SELECT a, id AS _key FROM t WHERE id IN ($keys)"})
	old := keyOf(t, l, "7")
	d.exec(t, "ALTER TABLE t ALTER id TYPE text")
	for range 2 {
		b := load(t, l, old, `"7"`, keyOf(t, l, `"z"`))
		for i, want := range []string{`{"a":"x"}`, `{"a":"x"}`, ""} {
			if r := b.Result(i); string(r.Value) != want || r.Err != nil {
				t.Errorf("%s: %s (%v), want %s", b.Keys[i], r.Value, r.Err, want)
			}
		}
	}
}
