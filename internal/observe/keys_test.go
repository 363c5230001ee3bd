package observe_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/redis/go-redis/v9"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	_ "modernc.org/sqlite"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/observe"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/testenv"
)

// The keys of events, which must be in no log, no metric and no status. They stand in errors of every form.
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

// execute runs statements on a database of the test's own.
func execute(t *testing.T, driver, dsn string, statements ...string) string {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range statements {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return dsn
}

// query is a source and a stage that asks it for keys that are text.
func query(source, query string) string {
	return fmt.Sprintf("sources: {shop: %s}\nstages: {user: {source: shop, by: event.id, query: %q, key: id, key_type: text}}\n", source, query)
}

// raised asks a PostgreSQL for a column whose expression fails, such as of a function that raises an error of its own.
func raised(t *testing.T, column, state, class string) string {
	t.Helper()
	dsn := testenv.Postgres(t)
	execute(t, "pgx", dsn, fmt.Sprintf("CREATE FUNCTION complain(k text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no user %% there', k USING ERRCODE = '%s'; END $$", state))
	return query(fmt.Sprintf(`{sql: {driver: postgres, dsn: %q}, errors: {"57014": %s}}`, dsn, class), "SELECT k AS id, "+column+" AS n FROM unnest(CAST($keys AS text[])) AS k WHERE k = ANY($keys)")
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

// service is an HTTP source that returns the keys in its errors.
func service(t *testing.T, status int) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ids := strings.Split(r.URL.Query().Get("ids"), ",")
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		var items []string
		for _, id := range ids {
			items = append(items, fmt.Sprintf(`{"id":%q,"error":%q}`, id, id))
		}
		_, _ = io.WriteString(w, "["+strings.Join(items, ",")+"]")
	}))
	t.Cleanup(server.Close)
	return fmt.Sprintf("sources: {users: {http: {url: %q}}}\nretry: {max_elapsed: 0s}\nstages: {user: {source: users, by: event.id, request: {method: GET, path: /users, param: ids, separator: ','}, response: {error: error}, key: id, key_type: text}}\n", server.URL)
}

// keysWorld is a broker with events, and a pipeline file.
type keysWorld struct {
	t      *testing.T
	log    syncBuffer
	text   string
	keys   []string
	client *kgo.Client
}

type syncBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
	wait string // what seen is called for
	seen func()
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.seen != nil && strings.Contains(string(p), b.wait) {
		b.seen()
	}
	return b.text.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func newKeysWorld(t *testing.T, sources string, keys []string) *keysWorld {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "events", "enriched", "dead"), kfake.BrokerConfigs(map[string]string{"group.initial.rebalance.delay.ms": "0"}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	w := &keysWorld{t: t, keys: keys}
	w.client, err = kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.ConsumeTopics("dead"), kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.client.Close)
	for _, key := range keys {
		event := fmt.Appendf(nil, `{"id":%q}`, key)
		if err := w.client.ProduceSync(t.Context(), &kgo.Record{Topic: "events", Key: []byte(key), Value: event}).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	w.text = fmt.Sprintf("kafka: {brokers: [%q]}\nworkers: 1\noutput: {topic: enriched}\nlog: {level: debug}\n", cluster.ListenAddrs()[0]) + sources
	return w
}

// run runs the pipeline until ctx ends, or it does.
func (w *keysWorld) run(ctx context.Context, group, limit string, running func(addr string)) error {
	text := w.text + fmt.Sprintf("input: {topics: [events], group: %s}\ndead_letter: {topic: dead, limit: %s, window: 1}\n", group, limit)
	file, err := pipelinefile.Parse("pipeline.yaml", []byte(text), pipelinefile.Options{})
	if err != nil {
		return err
	}
	log := slog.New(slog.NewJSONHandler(&w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	layout, err := pipeline.NewLayout(file)
	if err != nil {
		return err
	}
	seen, err := observe.Start(ctx, observe.Config{File: file, Kafka: consumer.Kafka{Brokers: file.Kafka.Brokers}, Instance: "one", Listen: "127.0.0.1:0", Logger: log})
	if err != nil {
		return err
	}
	open, err := pipeline.Open(ctx, layout, pipeline.Options{Logger: log, OnCall: seen.Call})
	if err != nil {
		return errors.Join(err, seen.Close())
	}
	seen.Opened(layout, open)
	p, err := loaderline.New(open.Config)
	if err != nil {
		return errors.Join(err, open.Close(), seen.Close())
	}
	seen.Running(p)
	running(seen.Addr())
	return errors.Join(p.Run(ctx), open.Close(), seen.Close())
}

// letters runs until all events are dead letters, and looks at what the process shows of itself.
func (w *keysWorld) letters(quotes bool) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 20*time.Second)
	defer cancel()
	ended := make(chan error, 1)
	addr := make(chan string, 1)
	go func() { ended <- w.run(ctx, "letters", "100%", func(a string) { addr <- a }) }()
	var at string
	select {
	case a := <-addr:
		at = "http://" + a
	case err := <-ended:
		w.t.Fatalf("the run does not start: %v", err)
	}
	quoted := 0
	for n := 0; n < len(w.keys); {
		fetches := w.client.PollFetches(ctx)
		if ctx.Err() != nil {
			w.t.Fatalf("%d of %d dead letters came:\n%s", n, len(w.keys), w.log.String())
		}
		for _, r := range fetches.Records() {
			n++
			for _, h := range r.Headers {
				if h.Key == "loaderline.error.message" && strings.Contains(string(h.Value), string(r.Key[:6])) {
					quoted++
				}
			}
		}
	}
	if quotes != (quoted > 0) {
		w.t.Errorf("%d dead letters quote the key", quoted)
	}
	for _, path := range []string{"/metrics", "/api/status", "/healthz", "/readyz"} {
		leaks(w.t, path, get(w.t, at+path))
	}
	cancel()
	if err := <-ended; err != nil {
		w.t.Error(err)
	}
}

// stopped runs until the limit of dead letters ends it.
func (w *keysWorld) stopped() error {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 20*time.Second)
	defer cancel()
	err := w.run(ctx, "stopped", "50%", func(string) {})
	if _, is := errors.AsType[*loaderline.DeadLetterLimitError](err); !is {
		w.t.Fatalf("the run ends with %v", err)
	}
	return err
}
