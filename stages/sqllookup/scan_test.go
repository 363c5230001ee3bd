package sqllookup_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/sqllookup"
)

// everyDatabase runs a test on each kind of database.
func everyDatabase(t *testing.T, run func(*testing.T, database)) {
	t.Helper()
	for _, c := range []struct {
		name string
		open func(testing.TB) database
	}{{"postgres", newPostgres}, {"mariadb", newMySQL}, {"sqlite", newSQLite}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			run(t, c.open(t))
		})
	}
}

// shop makes two tables.
func (d database) shop(tb testing.TB) {
	tb.Helper()
	d.exec(tb, "CREATE TABLE users (id bigint, name text, born date)")
	d.exec(tb, "INSERT INTO users VALUES (1, 'Ada', '1815-12-10'), (2, 'Grace', NULL), (3, 'Edsger', NULL), (3, 'again', NULL), (NULL, 'nobody', NULL)")
	d.exec(tb, "CREATE TABLE purchases (id bigint, user_id bigint, cents bigint)")
	d.exec(tb, "INSERT INTO purchases VALUES (10, 1, 5), (11, 2, 6), (12, 1, 7)")
}

// scan reads all of a query.
func scan(t *testing.T, l lookupext.Database, query string) map[lookup.Key]string {
	t.Helper()
	s, err := l.Scan(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	found := map[lookup.Key]string{}
	if err := s.Run(t.Context(), func(f lookupext.Scanned) error {
		found[f.Key] = string(f.Value)
		if f.Err != nil {
			found[f.Key] = f.Err.Error()
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return found
}

func TestAScanAnswersWhatALookupDoes(t *testing.T) {
	t.Parallel()
	everyDatabase(t, func(t *testing.T, d database) {
		t.Helper()
		d.shop(t)
		d.exec(t, "DELETE FROM users WHERE name = 'again'")
		db := d.open(t, sqllookup.Config{})
		users := prepare(t, db, sqllookup.Query{SQL: "SELECT id, name, born FROM users WHERE id IN ($keys)", Key: []string{"id"}})
		lists := prepare(t, db, sqllookup.Query{SQL: "SELECT user_id AS _key, id, cents FROM purchases WHERE user_id IN ($keys) ORDER BY id", Many: true})
		for _, c := range []struct {
			lookup lookupext.Database
			query  string
			keys   []lookup.Key
		}{
			{users, "SELECT id, name, born FROM users;", []lookup.Key{"1", "2", "3"}},
			{lists, "SELECT user_id AS _key, id, cents FROM purchases ORDER BY user_id, id -- all", []lookup.Key{"1", "2"}},
		} {
			want := map[lookup.Key]string{}
			b := load(t, c.lookup, c.keys...)
			for i, k := range b.Keys {
				want[k] = string(b.Result(i).Value)
			}
			if diff := cmp.Diff(want, scan(t, c.lookup, c.query)); diff != "" {
				t.Error(diff)
			}
		}
	})
}

func TestAScanSaysWhichKeysHaveNoValue(t *testing.T) {
	t.Parallel()
	everyDatabase(t, func(t *testing.T, d database) {
		t.Helper()
		d.shop(t)
		db := d.open(t, sqllookup.Config{})
		users := prepare(t, db, sqllookup.Query{SQL: "SELECT id, name FROM users WHERE id IN ($keys)", Key: []string{"id"}})
		want := map[lookup.Key]string{
			"1": `{"id":1,"name":"Ada"}`, "2": `{"id":2,"name":"Grace"}`,
			"3": "there are several rows for one key: many: true makes a list of them",
		}
		if diff := cmp.Diff(want, scan(t, users, "SELECT id, name FROM users ORDER BY id")); diff != "" {
			t.Error(diff)
		}
		lists := prepare(t, db, sqllookup.Query{SQL: "SELECT user_id AS _key, id FROM purchases WHERE user_id IN ($keys) ORDER BY id", Many: true})
		want = map[lookup.Key]string{"1": "the rows of one key do not stand together: ORDER BY the key", "2": `[{"id":11}]`}
		if diff := cmp.Diff(want, scan(t, lists, "SELECT user_id AS _key, id FROM purchases ORDER BY id")); diff != "" {
			t.Error(diff)
		}
	})
}

// endless is a query with some 14 million rows, each with another key: nobody waits for them.
func endless() string {
	var key, from []string
	for i, weight := 0, 1; i < 15; i, weight = i+1, 3*weight {
		key = append(key, fmt.Sprintf("%d * (p%d.id - 10)", weight, i))
		from = append(from, fmt.Sprintf("purchases p%d", i))
	}
	return "SELECT " + strings.Join(key, " + ") + " AS _key, p0.id FROM " + strings.Join(from, ", ")
}

func TestAScanEndsWhenItIsTold(t *testing.T) {
	t.Parallel()
	everyDatabase(t, func(t *testing.T, d database) {
		t.Helper()
		d.shop(t)
		db := d.open(t, sqllookup.Config{Pool: 1})
		l := prepare(t, db, sqllookup.Query{SQL: "SELECT user_id AS _key, id FROM purchases WHERE user_id IN ($keys)", Many: true})
		s, err := l.Scan(t.Context(), endless())
		if err != nil {
			t.Fatal(err)
		}
		enough := errors.New("enough")
		if err := s.Run(t.Context(), func(lookupext.Scanned) error { return enough }); !errors.Is(err, enough) {
			t.Errorf("%v", err)
		}
		if got := load(t, l, "1").Result(0); got.State != stages.Loaded {
			t.Errorf("the connection is lost: %v", got)
		}
		ctx, cancel := context.WithCancel(t.Context())
		err = s.Run(ctx, func(lookupext.Scanned) error {
			cancel()
			return nil
		})
		if err == nil || ctx.Err() == nil {
			t.Errorf("it ended with %v", err)
		}
		if got := load(t, l, "2").Result(0); got.State != stages.Loaded {
			t.Errorf("the connection is lost: %v", got)
		}
	})
}

// The limit of a session is for lookups, and holds for them again afterwards.
func TestAScanHasAsLongAsItsContext(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name                string
		open                func(testing.TB) database
		lookup, scan, limit string
	}{
		{
			"postgres", newPostgres,
			"SELECT k AS _key, current_setting('statement_timeout') AS t FROM unnest($keys::bigint[]) k",
			"SELECT 1::bigint AS _key, current_setting('statement_timeout') AS t FROM pg_sleep(0.5)", `{"t":"300ms"}`,
		},
		{
			"mariadb", newMySQL,
			"SELECT id AS _key, CAST(@@max_statement_time AS CHAR) AS t FROM users WHERE id IN ($keys)",
			"SELECT id AS _key, CAST(@@max_statement_time AS CHAR) AS t FROM users WHERE id = 1 AND SLEEP(0.5) = 0", `{"t":"0.300000"}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := c.open(t)
			d.shop(t)
			l := prepare(t, d.open(t, sqllookup.Config{Pool: 1, Timeout: 300 * time.Millisecond}), sqllookup.Query{SQL: c.lookup})
			got := scan(t, l, c.scan)
			if got["1"] != `{"t":"0"}` && got["1"] != `{"t":"0.000000"}` {
				t.Errorf("%v", got)
			}
			if got := string(load(t, l, "1").Result(0).Value); got != c.limit {
				t.Errorf("afterwards a lookup's limit is %s", got)
			}
		})
	}
}

func TestAScanIsCheckedWhenItIsPrepared(t *testing.T) {
	t.Parallel()
	everyDatabase(t, func(t *testing.T, d database) {
		t.Helper()
		d.shop(t)
		l := d.lookup(t, sqllookup.Query{Name: "user", SQL: "SELECT id, name FROM users WHERE id IN ($keys)", Key: []string{"id"}})
		for _, c := range []struct{ query, want string }{
			{"SELECT id, name FROM users WHERE id IN ($keys)", "stage user: there is a parameter $keys: this statement reads rows without being told their keys"},
			{"SELECT id, name FROM users; SELECT 1", "stage user: there is more than one statement: write one SELECT"},
			{"SELECT id, born FROM users", "stage user: the columns are id, born, and those of the stage's query id, name: select the same, in the same order"},
			{"SELECT id, nickname FROM users", "nickname"},
			{"SELECT id, name FROM customers", "customers"},
			{"SELEC id, name FROM users", "stage user: "},
		} {
			_, err := l.Scan(t.Context(), c.query)
			if stages.ClassOf(err) != stages.Fatal || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v", c.query, err)
			}
		}
	})
}

func TestAScanLearnsTheSchemaAgain(t *testing.T) {
	t.Parallel()
	everyDatabase(t, func(t *testing.T, d database) {
		t.Helper()
		d.exec(t, "CREATE TABLE t (id int, a varchar(9))")
		l := d.lookup(t, sqllookup.Query{SQL: "SELECT * FROM t WHERE id IN ($keys)", Key: []string{"id"}})
		s, err := l.Scan(t.Context(), "SELECT * FROM t")
		if err != nil {
			t.Fatal(err)
		}
		d.exec(t, "DROP TABLE t")
		d.exec(t, "CREATE TABLE t (id varchar(9), a varchar(9), b int)")
		d.exec(t, "INSERT INTO t VALUES ('k', 'x', 5)")
		found := map[lookup.Key]string{}
		if err := s.Run(t.Context(), func(f lookupext.Scanned) error {
			found[f.Key] = string(f.Value)
			return f.Err
		}); err != nil {
			t.Fatal(err)
		}
		if len(found) != 1 || found[`"k"`] != `{"id":"k","a":"x","b":5}` {
			t.Errorf("the scan found %v", found)
		}
	})
}
