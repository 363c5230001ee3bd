package sqllookup_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/sqllookup"
)

// Rows that nobody asked for are counted and belong to no key, however the database compares the key.
func TestRowsThatWereNotAskedForAreCounted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		open     func(testing.TB) database
		declared string
		key      lookup.Key
	}{
		{newPostgres, "inet", `"10.0.0.7/32"`},
		{newPostgres, "interval", `"1 mon"`},
		{newPostgres, "float8", `"0.1"`},
		{newMySQL, "varchar(20) COLLATE utf8mb4_general_ci", `"é"`},
		{newMySQL, "time", `"10:00"`},
		{newSQLite, "TEXT COLLATE NOCASE", `"Ada"`},
	} {
		d := c.open(t)
		other := map[string]string{"inet": "10.0.0.8", "interval": "2 days", "float8": "7", "time": "12:00:00"}[c.declared]
		if other == "" {
			other = "bob"
		}
		stored := map[string]string{"inet": "10.0.0.7", "interval": "30 days", "float8": "0.1", "time": "10:00:00"}[c.declared]
		if stored == "" {
			stored = strings.ToUpper(string(lookupkey.AppendText(nil, c.key)))
		}
		d.exec(t, "CREATE TABLE k (n integer, id "+c.declared+")")
		for i, text := range []string{other, stored, other} {
			d.exec(t, fmt.Sprintf("INSERT INTO k VALUES (%d, '%s')", i, text))
		}
		d.exec(t, "INSERT INTO k VALUES (3, NULL)")
		b := load(t, d.lookup(t, sqllookup.Query{SQL: "SELECT id AS _key, n FROM k WHERE id IN ($keys) OR n >= 0"}), c.key)
		if got := string(b.Result(0).Value); got != `{"n":1}` || b.Extra() != 3 {
			t.Errorf("%s: %s, and %d rows left out", c.declared, got, b.Extra())
		}
	}
}

// Where the database cannot say which row belongs to which key, preparing says what to write.
func TestWhatCannotBeComparedIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		open              func(testing.TB) database
		declared, keyType string
		where, want       string
	}{
		{newMySQL, "float", "", "id IN ($keys)", "compare with CAST(id AS CHAR), and return it AS _key"},
		{newMySQL, "float", "numeric", "id IN ($keys)", "compare with CAST(id AS CHAR), and return it AS _key"},
		{newMySQL, "binary(16)", "text", "id IN ($keys)", "compare with HEX(id)"},
		{newMySQL, "blob", "uuid", "id IN ($keys)", "compare with HEX(id)"},
		{newMySQL, "varchar(9) COLLATE utf8mb4_bin", "citext", "id IN ($keys)", `compare with LOWER(` + "`id`" + `), and return it AS _key`},
		{newMySQL, "varchar(9) COLLATE utf8mb4_nopad_bin", "char", "id IN ($keys)", `compare with RTRIM(` + "`id`" + `), and return it AS _key`},
		{newSQLite, "TEXT", "citext", "id IN ($keys)", `the column "id" tells cases apart`},
		{newSQLite, "TEXT COLLATE NOCASE", "char", "id IN ($keys)", `these count in the column "id"`},
		{newPostgres, "point", "", "id ~= ANY($keys)", "compare with a cast (WHERE k::text = ANY($keys))"},
	} {
		d := c.open(t)
		d.exec(t, "CREATE TABLE k (n integer, id "+c.declared+")")
		q := sqllookup.Query{SQL: "SELECT n, id FROM k WHERE " + c.where, Key: []string{"id"}}
		if c.keyType != "" {
			q.KeyType = []string{c.keyType}
		}
		_, err := d.open(t, sqllookup.Config{}).Lookup(t.Context(), q)
		if stages.ClassOf(err) != stages.Fatal || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.declared, err)
		}
	}
	d := newPostgres(t)
	d.exec(t, "CREATE EXTENSION citext")
	d.exec(t, "CREATE TABLE k (n integer, id citext)")
	l := d.lookup(t, sqllookup.Query{SQL: "SELECT id, n FROM k WHERE id = ANY($keys)", Key: []string{"id"}, Many: true})
	if _, err := l.Scan(t.Context(), "SELECT id, n FROM k ORDER BY id"); err == nil || !strings.Contains(err.Error(), "leave preload out") {
		t.Errorf("preload: %v", err)
	}
}

// A query that returns rows for no keys is known before any key is asked for.
func TestExtraRowsAreKnownWithoutKeys(t *testing.T) {
	t.Parallel()
	everyDatabase(t, func(t *testing.T, d database) {
		t.Helper()
		d.shop(t)
		db := d.open(t, sqllookup.Config{Pool: 1})
		for query, want := range map[string]bool{
			"SELECT id, name FROM users WHERE id IN ($keys)":                               false,
			"SELECT id, name FROM users WHERE id IN ($keys) OR name = 'Ada' ORDER BY name": true,
		} {
			got, err := prepare(t, db, sqllookup.Query{SQL: query, Key: []string{"id"}}).ReturnsExtra(t.Context())
			if err != nil || got != want {
				t.Errorf("%s: %v, %v", query, got, err)
			}
		}
		composite := sqllookup.Query{SQL: "SELECT id, name FROM users WHERE (id, name) IN ($keys) OR id = 1", Key: []string{"id", "name"}}
		if got, err := prepare(t, db, composite).ReturnsExtra(t.Context()); err != nil || !got {
			t.Errorf("composite: %v, %v", got, err)
		}
	})
}

// A UUID in a text column is found however it is written there, and the event writes it.
func TestUUIDsInTextColumns(t *testing.T) {
	t.Parallel()
	everyDatabase(t, func(t *testing.T, d database) {
		t.Helper()
		if d.driver == sqllookup.Postgres {
			return // It has a type for them.
		}
		declared := []string{"UUID", "TEXT"}
		if d.driver == sqllookup.MySQL {
			declared = []string{"varchar(40) COLLATE utf8mb4_bin", "varchar(40) COLLATE utf8mb4_general_ci", "uuid"}
		}
		for i, columns := range declared {
			for j, stored := range uuids[:3] {
				table := fmt.Sprintf("u%d_%d", i, j)
				d.exec(t, "CREATE TABLE "+table+" (id "+columns+", n integer)")
				d.exec(t, "INSERT INTO "+table+" VALUES ('"+strings.Trim(stored, "\"")+"', 7)")
				single := d.lookup(t, sqllookup.Query{SQL: "SELECT id AS _key, n FROM " + table + " WHERE id IN ($keys)", KeyType: []string{"uuid"}})
				double := d.lookup(t, sqllookup.Query{
					SQL: "SELECT id, n FROM " + table + " WHERE (n, id) IN ($keys)", Key: []string{"n", "id"}, KeyType: []string{"bigint", "uuid"},
				})
				for _, raw := range uuids[:3] {
					key, other := canonical(t, single, raw), canonical(t, single, uuids[3])
					if b := load(t, single, other, key); string(b.Result(1).Value) != `{"n":7}` || b.Extra() > 0 {
						t.Errorf("%s: %s stored, %s asked: %v", columns, stored, raw, b.Result(1))
					}
					key, other = canonical(t, double, "7", raw), canonical(t, double, "8", raw)
					if b := load(t, double, other, key); b.Result(0).State != stages.Missing || b.Result(1).State != stages.Loaded {
						t.Errorf("%s: %s stored, %s asked as a part: %v", columns, stored, raw, b.Result(1))
					}
				}
			}
		}
	})
}
