package testenv_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loaderline/loaderline/testenv"
)

// ask returns what a query on a server answers, in the form of text.
func ask(t *testing.T, dsn, query string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	var text string
	if err := conn.QueryRow(t.Context(), query, pgx.QueryExecModeSimpleProtocol).Scan(&text); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return text
}

func TestStandbyAndPgBouncer(t *testing.T) {
	t.Parallel()
	primary := start(t, testenv.StartPostgres)
	standby := start(t, func(ctx context.Context) (*testenv.Service, error) { return testenv.StartPostgresStandby(ctx, primary) })
	pooler := start(t, func(ctx context.Context) (*testenv.Service, error) {
		return testenv.StartPgBouncer(ctx, primary.Address(), testenv.PoolTransaction)
	})
	const role = "SELECT pg_is_in_recovery()::text"
	for dsn, want := range map[string]string{primary.Address(): "false", standby.Address(): "true", pooler.Address(): "false"} {
		if got := ask(t, dsn, role); got != want {
			t.Errorf("%s is in recovery: %s, want %s", dsn, got, want)
		}
	}
	ask(t, pooler.Address(), "SELECT lo_create(0)::text")
	for ask(t, standby.Address(), "SELECT (count(*) > 0)::text FROM pg_largeobject_metadata") != "true" {
		select {
		case <-time.After(10 * time.Millisecond):
		case <-t.Context().Done():
			t.Fatal("the standby does not follow")
		}
	}
}
