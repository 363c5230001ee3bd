package sqllookup_test

import (
	"testing"

	"github.com/loaderline/loaderline/stages/sqllookup"
)

func TestNumbersOfRowsAreKeys(t *testing.T) {
	t.Parallel()
	everyDatabase(t, func(t *testing.T, d database) {
		t.Helper()
		double := map[string]string{sqllookup.Postgres: "float8", sqllookup.MySQL: "double", sqllookup.SQLite: "real"}[d.driver]
		d.exec(t, "CREATE TABLE tariffs (id bigint, code decimal(8,2), rate "+double+")")
		d.exec(t, "INSERT INTO tariffs VALUES (1, 7.00, 0.5), (2, 7.25, 1.25), (1000, -0.01, 1e-6)")
		db := d.open(t, sqllookup.Config{})
		for _, c := range []struct{ column, raw, want string }{
			{"code", `7.00`, `{"n":1}`},
			{"code", `7`, `{"n":1}`},
			{"code", `"7.0"`, `{"n":1}`},
			{"code", `7.25`, `{"n":2}`},
			{"code", `725e-2`, `{"n":2}`},
			{"code", `-0.0100`, `{"n":1000}`},
			{"code", `7.251`, ""},
			{"rate", `0.5`, `{"n":1}`},
			{"rate", `5E-1`, `{"n":1}`},
			{"rate", `1.25`, `{"n":2}`},
			{"rate", `0.000001`, `{"n":1000}`},
			{"id", `1.0`, `{"n":1}`},
			{"id", `1e3`, `{"n":1000}`},
		} {
			l := prepare(t, db, sqllookup.Query{SQL: "SELECT " + c.column + " AS _key, id AS n FROM tariffs WHERE " + c.column + " IN ($keys)"})
			key, err := l.Types().Canonical([]byte(c.raw))
			if err != nil {
				t.Errorf("%s %s: %v", c.column, c.raw, err)
				continue
			}
			if got := string(load(t, l, key).Result(0).Value); got != c.want {
				t.Errorf("%s %s: %q, want %q", c.column, c.raw, got, c.want)
			}
		}
	})
}

func TestAnyKeyMayBeANumberWithAFraction(t *testing.T) {
	t.Parallel()
	everyDatabase(t, func(t *testing.T, d database) {
		t.Helper()
		d.exec(t, "CREATE TABLE tariffs (id bigint, code decimal(8,2))")
		d.exec(t, "INSERT INTO tariffs VALUES (1, 7.00), (2, 7.25)")
		q := sqllookup.Query{SQL: "SELECT code AS _key, id AS n FROM tariffs WHERE code IN ($keys)", KeyType: []string{"any"}}
		if d.driver == sqllookup.Postgres {
			q.KeyType = []string{"numeric"}
		}
		l := d.lookup(t, q)
		for raw, want := range map[string]string{`7.0`: `{"n":1}`, `7.250`: `{"n":2}`} {
			key, err := l.Types().Canonical([]byte(raw))
			if err != nil {
				t.Fatal(err)
			}
			if got := string(load(t, l, key).Result(0).Value); got != want {
				t.Errorf("%s: %q, want %q", raw, got, want)
			}
		}
	})
}
