package sqllookup_test

import (
	"crypto/rand"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/sqllookup"
)

func TestPrepareRefuses(t *testing.T) {
	t.Parallel()
	pg, lite := newPostgres(t), newSQLite(t)
	for _, d := range []database{pg, lite} {
		d.exec(t, "CREATE TABLE users (id bigint, name text, data bytea, doc jsonb)")
	}
	pg.exec(t, "CREATE TABLE secrets (id bigint)")
	role := "reader_" + strings.ToLower(rand.Text())
	pg.exec(t, "CREATE ROLE "+role+" LOGIN")
	pg.exec(t, "GRANT SELECT ON users TO "+role)
	t.Cleanup(func() {
		pg.exec(t, "DROP OWNED BY "+role)
		pg.exec(t, "DROP ROLE "+role)
	})
	login, err := url.Parse(pg.dsn)
	if err != nil {
		t.Fatal(err)
	}
	login.User = url.User(role)
	reader := pg
	reader.dsn = login.String()

	id := []string{"id"}
	for _, tc := range []struct {
		name string
		db   database
		q    sqllookup.Query
		code string
		says string
	}{
		{"table", reader, sqllookup.Query{SQL: "SELECT *\nFROM userz WHERE id IN ($keys)", Key: id}, "42P01", `line 2, column 6 of the query: relation "userz" does not exist`},
		{"column", reader, sqllookup.Query{SQL: "SELECT id FROM users WHERE id IN ($keys) AND nam = ''", Key: id}, "42703", `line 1, column 46 of the query: column "nam" does not exist`},
		{"syntax", reader, sqllookup.Query{SQL: "SELEC id FROM users WHERE id IN ($keys)", Key: id}, "42601", "line 1, column 1"},
		{"type", reader, sqllookup.Query{SQL: "SELECT id FROM users WHERE id = ANY($keys::text[])", Key: id}, "42883", "operator does not exist"},
		{"right", reader, sqllookup.Query{SQL: "SELECT id FROM secrets WHERE id IN ($keys)", Key: id}, "42501", "permission denied for table secrets"},
		{"constant", reader, sqllookup.Query{SQL: "SELECT id, 1/0 AS x FROM users WHERE id IN ($keys)", Key: id}, "22012", "division by zero"},
		{"one key", reader, sqllookup.Query{SQL: "SELECT id FROM users WHERE id = $keys", Key: id}, "", "write = ANY($keys) or IN ($keys)"},
		{"key of bytes", reader, sqllookup.Query{SQL: "SELECT id FROM users WHERE data IN ($keys)", Key: id}, "", "a bytea cannot be a key"},
		{"no key column", reader, sqllookup.Query{SQL: "SELECT id, name FROM users WHERE id IN ($keys)"}, "", "AS _key (the columns are id, name)"},
		{"key column not there", reader, sqllookup.Query{SQL: "SELECT name FROM users WHERE id IN ($keys)", Key: id}, "", `no column is called "id"`},
		{"both", reader, sqllookup.Query{SQL: "SELECT id, id AS _key FROM users WHERE id IN ($keys)", Key: id}, "", "leave out one"},
		{"same name twice", reader, sqllookup.Query{SQL: "SELECT id, name, id FROM users WHERE id IN ($keys)", Key: id}, "", `two columns are called "id"`},
		{"no name", reader, sqllookup.Query{SQL: "SELECT id, 1+1 FROM users WHERE id IN ($keys)", Key: id}, "", "column 2 has no name"},
		{"no rows", pg, sqllookup.Query{SQL: "DELETE FROM users WHERE id IN ($keys)", Key: id}, "", "write a SELECT"},
		{"composite any", reader, sqllookup.Query{SQL: "SELECT id, name FROM users WHERE id = ANY($keys)", Key: []string{"id", "name"}}, "", "(a, b) IN ($keys)"},
		{"composite unnest", reader, sqllookup.Query{SQL: "SELECT id, name FROM users JOIN unnest($keys) AS k(a, b) ON id = a AND name = b", Key: []string{"id", "name"}}, "", "name each column of $keys by its alias"},
		{"key type", reader, sqllookup.Query{SQL: "SELECT id FROM users WHERE id IN ($keys)", Key: id, KeyType: []string{"bigit"}}, "", "unknown key type"},
		{"key types", reader, sqllookup.Query{SQL: "SELECT id FROM users WHERE id IN ($keys)", Key: id, KeyType: []string{"text", "text"}}, "", "key_type says 2 types"},
		{"no keys", reader, sqllookup.Query{SQL: "SELECT id FROM users"}, "", "there is no $keys"},
		{"table", lite, sqllookup.Query{SQL: "SELECT * FROM userz WHERE id IN ($keys)", Key: id}, "SQLITE_ERROR", "no such table: userz"},
		{"any", lite, sqllookup.Query{SQL: "SELECT * FROM users WHERE id = ANY($keys)", Key: id}, "", "write IN ($keys)"},
		{"expression", lite, sqllookup.Query{SQL: "SELECT id+0 AS _key FROM users WHERE id IN ($keys)"}, "", "say key_type"},
		{"blob", lite, sqllookup.Query{SQL: "SELECT data AS _key FROM users WHERE id IN ($keys)"}, "", "declared BYTEA"},
		{"no key column", lite, sqllookup.Query{SQL: "SELECT id FROM users WHERE id IN ($keys)"}, "", "AS _key"},
	} {
		t.Run(tc.db.driver+" "+tc.name, func(t *testing.T) {
			tc.q.Name = "user"
			db := tc.db.open(t, sqllookup.Config{Pool: 1})
			_, err := db.Lookup(t.Context(), tc.q)
			if err == nil {
				t.Fatal("no error")
			}
			if stages.ClassOf(err) != stages.Fatal || !strings.HasPrefix(err.Error(), "stage user: ") || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("class %d: %v\nwant a fatal error of stage user that says %q", stages.ClassOf(err), err, tc.says)
			}
			if e, ok := errors.AsType[lookup.Error](err); !ok || e.Code() != tc.code {
				t.Errorf("code of %v: want %q", err, tc.code)
			}
		})
	}
}

func TestPrepared(t *testing.T) {
	t.Parallel()
	for _, d := range []database{newPostgres(t), newSQLite(t)} {
		d.exec(t, "CREATE TABLE users (id bigint, name text)")
		d.exec(t, "INSERT INTO users VALUES (1, 'a')")
		l := d.lookup(t, sqllookup.Query{
			SQL: "SELECT name, id AS _key FROM users WHERE '$keys' <> '' AND (id IN ($keys) OR id + 0 IN ($keys)) -- $keys", KeyType: []string{"bigint"},
		})
		if got := l.Columns(); !slices.Equal(got, []string{"name"}) {
			t.Errorf("%s: the columns are %v", d.driver, got)
		}
		if got := string(load(t, l, "1").Result(0).Value); got != `{"name":"a"}` {
			t.Errorf("%s: the value is %s", d.driver, got)
		}
	}
}
