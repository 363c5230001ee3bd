package runtime_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/loaderline/loaderline/testenv"
)

// The keys of events, which must be in no log, no metric and no status. They are in errors of every form.
const (
	wordCanary   = "canary_alice21"
	textCanary   = "canary alice's \"21\"@example.com"
	numberCanary = "98765432198765"
)

// leaks fails the test where a part of a canary is in a text.
func leaks(t *testing.T, what, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		for _, part := range []string{"canary", "alice", "example.com", numberCanary} {
			if strings.Contains(line, part) {
				t.Errorf("%s has a key: %s", what, line)
				break
			}
		}
	}
}

// TestKeysAreNowhereButInDeadLetters runs pipelines at debug level whose sources quote the keys in their errors.
func TestKeysAreNowhereButInDeadLetters(t *testing.T) {
	for name, test := range map[string]struct {
		file func(t *testing.T) string
		keys []string
		// says is in the error of a run that is stopped, and quotes whether dead letters quote the key.
		says   string
		quotes bool
	}{
		"PostgreSQL, a wrong input": {
			func(t *testing.T) string {
				t.Helper()
				return raised(t, "CAST(k AS bigint)", "P0001", "permanent")
			},
			[]string{wordCanary, textCanary, numberCanary + ".5"},
			"invalid input syntax for type bigint: … (SQLSTATE 22P02)", true,
		},
		"PostgreSQL, out of range": {
			func(t *testing.T) string {
				t.Helper()
				return raised(t, "CAST(k AS int)", "P0001", "permanent")
			},
			[]string{numberCanary, numberCanary + "1"},
			"value … is out of range for type integer (SQLSTATE 22003)", true,
		},
		"PostgreSQL, what a function raises": {
			func(t *testing.T) string {
				t.Helper()
				return raised(t, "complain(k)", "P0001", "permanent")
			},
			[]string{wordCanary, textCanary, numberCanary},
			"no user … there (SQLSTATE P0001)", true,
		},
		"PostgreSQL, a duplicate": {
			func(t *testing.T) string {
				t.Helper()
				return raised(t, "complain(k)", "23505", "permanent")
			},
			[]string{wordCanary, textCanary, numberCanary},
			"no user … there (SQLSTATE 23505)", true,
		},
		"PostgreSQL, a class that the file sets": {
			func(t *testing.T) string {
				t.Helper()
				return raised(t, "complain(k)", "57014", "permanent")
			},
			[]string{wordCanary, textCanary, numberCanary},
			"no user … there (SQLSTATE 57014)", true,
		},
		"MySQL, what a function raises": {func(t *testing.T) string {
			t.Helper()
			dsn := execute(t, "mysql", testenv.MariaDB(t), "CREATE TABLE users (id varchar(99) PRIMARY KEY)",
				"INSERT INTO users VALUES ('"+wordCanary+"'), ('"+numberCanary+"')",
				"CREATE FUNCTION complain(k varchar(99)) RETURNS text BEGIN DECLARE m text DEFAULT CONCAT('no user ', k); SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = m; RETURN k; END")
			return query(fmt.Sprintf(`{sql: {driver: mysql, dsn: %q}}`, dsn), "SELECT id, complain(id) AS n FROM users WHERE id IN ($keys)")
		}, []string{wordCanary, numberCanary}, "no user … (error 1644)", true},
		"SQLite": {func(t *testing.T) string {
			t.Helper()
			dsn := execute(t, "sqlite", filepath.Join(t.TempDir(), "shop.db"), "CREATE TABLE users (id text)", "INSERT INTO users VALUES ('"+wordCanary+"'), ('"+numberCanary+"')")
			return query(fmt.Sprintf(`{sql: {driver: sqlite, dsn: %q}, errors: {SQLITE_ERROR: permanent}}`, dsn), "SELECT id, json_extract('{}', '[' || id) AS n FROM users WHERE id IN ($keys)")
		}, []string{wordCanary, numberCanary}, "(SQLITE_ERROR)", true},
		"Redis": {func(t *testing.T) string {
			t.Helper()
			address := testenv.Redis(t)
			client := redis.NewClient(&redis.Options{Addr: address})
			t.Cleanup(func() {
				if err := client.Close(); err != nil {
					t.Error(err)
				}
			})
			for _, key := range []string{wordCanary, numberCanary} {
				if err := client.LPush(t.Context(), t.Name()+key, key).Err(); err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() {
					if err := client.Del(context.WithoutCancel(t.Context()), t.Name()+key).Err(); err != nil {
						t.Error(err)
					}
				})
			}
			return fmt.Sprintf("sources: {kv: {redis: {addresses: [%q]}}}\nstages: {user: {source: kv, by: event.id, get: %q}}\n", address, t.Name()+"$key")
		}, []string{wordCanary, numberCanary}, "key", false},
		"HTTP, an answer that repeats the keys": {func(t *testing.T) string {
			t.Helper()
			return service(t, 400)
		}, []string{wordCanary, numberCanary}, "the service answered 400 Bad Request", false},
		"keys that cannot be": {func(t *testing.T) string {
			t.Helper()
			dsn := execute(t, "sqlite", filepath.Join(t.TempDir(), "shop.db"), "CREATE TABLE users (id integer)")
			return fmt.Sprintf("sources: {shop: {sql: {driver: sqlite, dsn: %q}}}\nstages: {user: {source: shop, by: event.id, query: %q, key: id}}\n", dsn, "SELECT id FROM users WHERE id IN ($keys)")
		}, []string{wordCanary, textCanary}, "event.id: … is not a bigint", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newKeysWorld(t, test.file(t), test.keys)
			w.letters(test.quotes)
			err := w.stopped()
			if !strings.Contains(err.Error(), test.says) {
				t.Errorf("the run ends with %v; want %q", err, test.says)
			}
			leaks(t, "the error of the run", err.Error())
			leaks(t, "the log", w.log.String())
			if !strings.Contains(w.log.String(), `"level":"DEBUG"`) {
				t.Errorf("the log says nothing:\n%s", w.log.String())
			}
		})
	}
}

// What a source says in an outage is in the log, and the keys are not.
func TestKeysAreNotInTheLogOfAnOutage(t *testing.T) {
	for name, test := range map[string]struct {
		file func(t *testing.T) string
		says string
	}{
		"HTTP": {func(t *testing.T) string {
			t.Helper()
			return service(t, 200)
		}, `"error":"the service answered the error … for this key"`},
		"PostgreSQL": {func(t *testing.T) string {
			t.Helper()
			return "retry: {max_elapsed: 0s}\n" + raised(t, "complain(k)", "57014", "transient")
		}, `"error":"no user … there (SQLSTATE 57014)"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newKeysWorld(t, test.file(t), []string{wordCanary, numberCanary})
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			w.log.wait = test.says
			w.log.seen = cancel
			if err := w.run(ctx, "outage", "100%", func(string) {}); err != nil {
				t.Error(err)
			}
			if log := w.log.String(); !strings.Contains(log, "outage, paused") || !strings.Contains(log, test.says) {
				t.Errorf("no outage that says %s:\n%s", test.says, log)
			}
			leaks(t, "the log", w.log.String())
		})
	}
}
