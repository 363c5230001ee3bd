package testenv_test

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql" // The database/sql driver "mysql".
	"github.com/jackc/pgx/v5"

	"github.com/loaderline/loaderline/testenv"
)

// start starts a service of the test's own, whose data is gone when it has ended.
func start(t *testing.T, f func(context.Context) (*testenv.Service, error)) *testenv.Service {
	t.Helper()
	testenv.NeedServices(t)
	var dir string
	t.Cleanup(func() {
		if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the data is still there: %v", err)
		}
	})
	service := testenv.Own(t, f)
	dir = service.Dir()
	return service
}

func startKafka(ctx context.Context) (*testenv.Service, error) {
	return testenv.StartKafka(ctx, testenv.KafkaConfig{Heap: "512m"})
}

func TestKafkaKeepsRecordsOverKillAndStop(t *testing.T) {
	t.Parallel()
	service := start(t, startKafka)
	ctx, broker := t.Context(), service.Address()
	if err := testenv.CreateTopic(ctx, broker, "kept", 2); err != nil {
		t.Fatal(err)
	}
	publish := testenv.PublishConfig{Kafka: broker, Topic: "kept"}
	for n, down := range []func() error{service.Kill, func() error { return service.Stop(ctx) }} {
		events := testenv.Events(testenv.EventsConfig{Count: 100, First: 100 * n})
		if _, err := testenv.Publish(ctx, publish, events); err != nil {
			t.Fatal(err)
		}
		if err := down(); err != nil {
			t.Fatal(err)
		}
		if err := service.Start(ctx); err != nil {
			t.Fatal(err)
		}
		if service.Address() != broker {
			t.Errorf("the broker moved from %s to %s", broker, service.Address())
		}
		records, err := testenv.ReadAll(ctx, broker, "kept")
		if err != nil || len(records) != 100*(n+1) {
			t.Errorf("%d records are left of %d: %v", len(records), 100*(n+1), err)
		}
	}
	if err := service.Start(ctx); !errors.Is(err, testenv.ErrRunning) {
		t.Errorf("a second start gave %v", err)
	}
}

func TestKafkaThatCannotStartSaysWhy(t *testing.T) {
	t.Parallel()
	testenv.NeedServices(t)
	_, err := testenv.StartKafka(t.Context(), testenv.KafkaConfig{Properties: map[string]string{"log.retention.hours": "soon"}})
	if err == nil || !strings.Contains(err.Error(), "log.retention.hours") {
		t.Errorf("the error does not quote the log: %v", err)
	}
}

func TestPostgresKeepsRowsOverKill(t *testing.T) {
	t.Parallel()
	service := start(t, testenv.StartPostgres)
	seed := func() error {
		return testenv.SeedShop(t.Context(), service.Address(), testenv.ShopConfig{Users: 10, Products: 3})
	}
	if err := seed(); err != nil {
		t.Fatal(err)
	}
	// A backend is busy when the server is killed; it must be gone before the server can start again.
	conn, err := pgx.Connect(t.Context(), service.Address())
	if err != nil {
		t.Fatal(err)
	}
	sleeping := make(chan error, 1)
	go func() {
		_, err := conn.Exec(context.WithoutCancel(t.Context()), "SELECT pg_sleep(60)")
		sleeping <- err
	}()
	if err := service.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := <-sleeping; err == nil {
		t.Error("the query outlived its server")
	}
	if err := service.Kill(); !errors.Is(err, testenv.ErrStopped) {
		t.Errorf("a second kill gave %v", err)
	}
	if err := service.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := seed(); err == nil {
		t.Error("the tables are gone")
	}
}

func TestMariaDBKeepsRowsOverKillAndStop(t *testing.T) {
	t.Parallel()
	service := start(t, testenv.StartMariaDB)
	ctx := t.Context()
	dsn, drop, err := testenv.CreateMariaDBDatabase(ctx, service.Address())
	if err != nil {
		t.Fatal(err)
	}
	// A new connection each time: connections to a server that is gone are of no use.
	exec := func(statement string) (n int64) {
		t.Helper()
		db, err := sql.Open("mysql", dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		result, err := db.ExecContext(ctx, statement)
		if err != nil {
			t.Fatal(err)
		}
		n, err = result.RowsAffected()
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	exec("CREATE TABLE kept (id int)")
	for n, down := range []func() error{service.Kill, func() error { return service.Stop(ctx) }} {
		exec("INSERT INTO kept VALUES (1)")
		if err := down(); err != nil {
			t.Fatal(err)
		}
		if err := service.Start(ctx); err != nil {
			t.Fatal(err)
		}
		if rows := exec("UPDATE kept SET id = id + 1"); rows != int64(n+1) {
			t.Errorf("%d rows are left of %d", rows, n+1)
		}
	}
	if err := drop(ctx); err != nil {
		t.Error(err)
	}
}

func TestRedisPauses(t *testing.T) {
	t.Parallel()
	service := start(t, testenv.StartRedis)
	ping := func(wait time.Duration) error {
		conn, err := net.Dial("tcp", service.Address())
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close() }()
		if err := conn.SetDeadline(time.Now().Add(wait)); err != nil {
			return err
		}
		if _, err := conn.Write([]byte("PING\r\n")); err != nil {
			return err
		}
		_, err = conn.Read(make([]byte, 16))
		return err
	}
	if err := service.Pause(); err != nil {
		t.Fatal(err)
	}
	if err := ping(200 * time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a paused server answered: %v", err)
	}
	if err := service.Resume(); err != nil {
		t.Fatal(err)
	}
	if err := ping(5 * time.Second); err != nil {
		t.Error(err)
	}
	// A paused service can be stopped in order.
	if err := service.Pause(); err != nil {
		t.Fatal(err)
	}
	if err := service.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestDatabasesAreOfOneTestEach(t *testing.T) {
	if first, second := testenv.MariaDB(t), testenv.MariaDB(t); first == second {
		t.Errorf("two tests share %s", first)
	}
	first, second := testenv.Postgres(t), testenv.Postgres(t)
	for _, dsn := range []string{first, second} {
		if err := testenv.SeedShop(t.Context(), dsn, testenv.ShopConfig{Users: 1, Products: 1}); err != nil {
			t.Errorf("%s: %v", dsn, err)
		}
	}
}

func TestRegistryKeepsSchemasOverKill(t *testing.T) {
	t.Parallel()
	service := start(t, testenv.StartRegistry)
	request := func(method, path, body string) string {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, service.Address()+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/vnd.schemaregistry.v1+json")
		r.Close = true
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = response.Body.Close() }()
		text, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if got, want := request(http.MethodPost, "/subjects/kept/versions", `{"schema":"\"int\""}`), `{"id":1}`; got != want {
		t.Fatalf("the schema was registered as %s, want %s", got, want)
	}
	if err := service.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := service.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, want := request(http.MethodGet, "/subjects/kept/versions", ""), `[1]`; got != want {
		t.Errorf("the versions are %s, want %s", got, want)
	}
	if got, want := request(http.MethodGet, "/config", ""), `{"compatibilityLevel":"BACKWARD"}`; got != want {
		t.Errorf("the configuration is %s, want %s", got, want)
	}
}
