package sqllookup_test

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/sqllookup"
)

const numbersSQL = "SELECT k AS _key, k + 1 AS next FROM unnest($keys::bigint[]) k"

func TestErrorsOfACall(t *testing.T) {
	t.Parallel()
	pg, lite := newPostgres(t), newSQLite(t)
	pg.exec(t, "CREATE TYPE mood AS ENUM ('sad', 'happy')")
	pg.exec(t, "CREATE TABLE moods (mood mood, id bigint)")
	pg.exec(t, `CREATE FUNCTION complain(k bigint) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no % here', k; END $$`)
	pg.exec(t, "CREATE TABLE going (id bigint)")
	pg.exec(t, "INSERT INTO going VALUES (1)")
	lite.exec(t, "CREATE TABLE docs (id INTEGER, doc TEXT)")
	lite.exec(t, "INSERT INTO docs VALUES (1, 'not json')")
	for _, tc := range []struct {
		name   string
		db     database
		sql    string
		before string
		key    lookup.Key
		class  stages.Class
		code   string
	}{
		{"no such label", pg, "SELECT mood AS _key FROM moods WHERE mood = ANY($keys)", "", `"angry"`, stages.Permanent, "22P02"},
		{"division", pg, "SELECT k AS _key, 1 / k AS x FROM unnest($keys::bigint[]) k", "", "0", stages.Permanent, "22012"},
		{"raised", pg, "SELECT k AS _key, complain(k) AS x FROM unnest($keys::bigint[]) k", "", "7", stages.Permanent, "P0001"},
		{"two rows where one may be", pg, "SELECT k AS _key, (SELECT x FROM (VALUES (1), (2)) v(x) WHERE k > 0) AS x FROM unnest($keys::bigint[]) k", "", "1", stages.Permanent, "21000"},
		{"statement timeout", pg, "SELECT k AS _key FROM unnest($keys::bigint[]) k, pg_sleep(10)", "", "1", stages.Transient, "57014"},
		{"locked", pg, "SELECT id AS _key FROM going WHERE id = ANY($keys) FOR UPDATE NOWAIT", "", "1", stages.Fatal, "25006"},
		{"table dropped", pg, "SELECT id AS _key FROM going WHERE id = ANY($keys)", "DROP TABLE going", "1", stages.Fatal, "42P01"},
		{"data", lite, "SELECT id AS _key, json_extract(doc, '$.a') AS a FROM docs WHERE id IN ($keys)", "", "1", stages.Permanent, "SQLITE_ERROR"},
		{"table dropped", lite, "SELECT id AS _key FROM docs WHERE id IN ($keys)", "DROP TABLE docs", "1", stages.Fatal, "SQLITE_ERROR"},
	} {
		t.Run(tc.db.driver+" "+tc.name, func(t *testing.T) {
			l := prepare(t, tc.db.open(t, sqllookup.Config{Timeout: 300 * time.Millisecond}), sqllookup.Query{SQL: tc.sql})
			if tc.before != "" {
				tc.db.exec(t, tc.before)
			}
			err := l.Load(t.Context(), stages.NewBatch[lookup.Key, []byte]([]lookup.Key{tc.key}))
			e, ok := errors.AsType[lookup.Error](err)
			if !ok || stages.ClassOf(err) != tc.class || e.Code() != tc.code {
				t.Errorf("class %d: %v; want class %d and code %s", stages.ClassOf(err), err, tc.class, tc.code)
			}
		})
	}
}

func TestSQLiteBusyIsTransient(t *testing.T) {
	t.Parallel()
	d := newSQLite(t)
	d.exec(t, "PRAGMA journal_mode = delete")
	d.exec(t, "CREATE TABLE t (id INTEGER)")
	db := d.open(t, sqllookup.Config{Timeout: 50 * time.Millisecond})
	l := prepare(t, db, sqllookup.Query{SQL: "SELECT id FROM t WHERE id IN ($keys)", Key: []string{"id"}})
	d.exec(t, "BEGIN EXCLUSIVE")
	err := l.Load(t.Context(), stages.NewBatch[lookup.Key, []byte]([]lookup.Key{"1"}))
	if e, ok := errors.AsType[lookup.Error](err); !ok || e.Code() != "SQLITE_BUSY" || stages.ClassOf(err) != stages.Transient {
		t.Errorf("Load of a locked database: %v, want a transient SQLITE_BUSY", err)
	}
	d.exec(t, "COMMIT")
	load(t, l, "1")
}

func TestReadOnly(t *testing.T) {
	t.Parallel()
	pg := newPostgres(t)
	pg.exec(t, "CREATE SEQUENCE s")
	l := pg.lookup(t, sqllookup.Query{SQL: "SELECT k AS _key, nextval('s') AS n FROM unnest($keys::bigint[]) k"})
	err := l.Load(t.Context(), stages.NewBatch[lookup.Key, []byte]([]lookup.Key{"1"}))
	if stages.ClassOf(err) != stages.Fatal {
		t.Errorf("a write on PostgreSQL: %v, want a fatal error", err)
	}
	lite, memory := newSQLite(t), database{driver: sqllookup.SQLite, dsn: "file:readonly?mode=memory&cache=shared"}
	lite.exec(t, "CREATE TABLE t (id INTEGER)")
	inMemory, err := sql.Open("sqlite", memory.dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = inMemory.Close() }()
	if _, err := inMemory.ExecContext(t.Context(), "CREATE TABLE t (id INTEGER)"); err != nil {
		t.Fatal(err)
	}
	for _, d := range []database{lite, memory} {
		_, err = d.open(t, sqllookup.Config{}).Lookup(t.Context(), sqllookup.Query{SQL: "DELETE FROM t WHERE id IN ($keys) RETURNING id", Key: []string{"id"}})
		if e, ok := errors.AsType[lookup.Error](err); !ok || e.Code() != "SQLITE_READONLY" || stages.ClassOf(err) != stages.Fatal {
			t.Errorf("a write on SQLite at %s: %v, want a fatal error", d.dsn, err)
		}
	}
}

func TestLostConnectionsHeal(t *testing.T) {
	t.Parallel()
	d := newPostgres(t)
	db := d.open(t, sqllookup.Config{Pool: 4})
	l := prepare(t, db, sqllookup.Query{SQL: numbersSQL})
	slow := prepare(t, db, sqllookup.Query{SQL: "SELECT k AS _key FROM unnest($keys::bigint[]) k, pg_sleep(0.3)"})
	const kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'loaderline' AND datname = current_database()"

	done := make(chan error, 4)
	for range cap(done) { // As many connections as there can be.
		go func() {
			done <- slow.Load(t.Context(), stages.NewBatch[lookup.Key, []byte]([]lookup.Key{"1"}))
		}()
	}
	for range cap(done) {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	d.exec(t, kill)
	// One call may find out; the next has a connection.
	err := l.Load(t.Context(), stages.NewBatch[lookup.Key, []byte]([]lookup.Key{"1"}))
	if err != nil && stages.ClassOf(err) != stages.Transient {
		t.Errorf("Load on a connection that was ended: %v, want a transient error", err)
	}
	if got := string(load(t, l, "1").Result(0).Value); got != `{"next":2}` {
		t.Errorf("the value is %s", got)
	}
}

func TestSchemaMayChange(t *testing.T) {
	t.Parallel()
	d := newPostgres(t)
	d.exec(t, "CREATE TABLE t (id int, a text)")
	d.exec(t, "INSERT INTO t VALUES (1, 'x')")
	// With one connection, new types cannot be asked for while rows are read.
	l := prepare(t, d.open(t, sqllookup.Config{Pool: 1}), sqllookup.Query{SQL: "SELECT * FROM t WHERE id IN ($keys)", Key: []string{"id"}})
	load(t, l, "1")
	d.exec(t, "CREATE TYPE mood AS ENUM ('sad')")
	d.exec(t, "ALTER TABLE t ALTER id TYPE bigint, ADD b mood[] DEFAULT '{sad}'")
	if got := string(load(t, l, "1").Result(0).Value); got != `{"id":1,"a":"x","b":["sad"]}` {
		t.Errorf("the value is %s", got)
	}
}

func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	d := newPostgres(t)
	db := d.open(t, sqllookup.Config{MaxAnswerBytes: 1 << 20})
	l := prepare(t, db, sqllookup.Query{SQL: "SELECT k AS _key, repeat('x', 100000) AS v FROM unnest($keys::bigint[]) k"})
	var keys []lookup.Key
	for i := range 1000 {
		keys = append(keys, lookup.Key(fmt.Sprint(i)))
	}
	err := l.Load(t.Context(), stages.NewBatch[lookup.Key, []byte](keys))
	if stages.ClassOf(err) != stages.Permanent || !strings.Contains(err.Error(), "lower max_keys") {
		t.Errorf("Load: %v, want a permanent error that says to lower max_keys", err)
	}
	load(t, l, keys[:10]...)
}

func TestPing(t *testing.T) {
	t.Parallel()
	for _, d := range []database{newPostgres(t), newSQLite(t)} {
		d.exec(t, "CREATE TABLE t (id integer)")
		if err := d.open(t, sqllookup.Config{}).Ping(t.Context()); err != nil {
			t.Errorf("%s: %v", d.driver, err)
		}
	}
	missing := database{driver: sqllookup.SQLite, dsn: filepath.Join(t.TempDir(), "missing.db")}
	err := missing.open(t, sqllookup.Config{}).Ping(t.Context())
	if err == nil || !strings.Contains(err.Error(), "missing.db: unable to open database file") {
		t.Errorf("Ping of a file that is not there: %v", err)
	}
	for _, cfg := range []sqllookup.Config{{Driver: "oracle", DSN: "x"}, {Driver: sqllookup.SQLite}, {}} {
		if _, err := sqllookup.Open(t.Context(), cfg); err == nil {
			t.Errorf("Open(%+v): no error", cfg)
		}
	}
}
