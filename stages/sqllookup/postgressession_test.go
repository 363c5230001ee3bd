package sqllookup_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/sqllookup"
	"github.com/loaderline/loaderline/testenv"
)

// pooled starts a PgBouncer before a database.
func pooled(tb testing.TB, dsn string, mode testenv.PoolMode) (pooledDSN string) {
	tb.Helper()
	return testenv.Own(tb, func(ctx context.Context) (*testenv.Service, error) {
		return testenv.StartPgBouncer(ctx, dsn, mode)
	}).Address()
}

func hostOf(t *testing.T, s *testenv.Service) string {
	t.Helper()
	u, err := url.Parse(s.Address())
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

func TestTargetSessionAttrs(t *testing.T) {
	t.Parallel()
	primary := testenv.Own(t, testenv.StartPostgres)
	standby := testenv.Own(t, func(ctx context.Context) (*testenv.Service, error) {
		return testenv.StartPostgresStandby(ctx, primary)
	})
	first, second := hostOf(t, primary), hostOf(t, standby)
	const none = "cannot connect to the database: target_session_attrs: "
	for _, c := range []struct{ hosts, attrs, want string }{
		{first, "read-write", "primary"},
		{first, "primary", "primary"},
		{first, "any", "primary"},
		{first, "prefer-standby", "primary"},
		{first, "read-only", none + "the server is not read only"},
		{first, "standby", none + "the server is no standby"},
		{second, "read-only", "standby"},
		{second, "standby", "standby"},
		{second, "any", "standby"},
		{second, "read-write", none + "the server is read only"},
		{second, "primary", none + "the server is a standby"},
		{first + "," + second, "read-write", "primary"},
		{second + "," + first, "read-write", "primary"},
		{first + "," + second, "primary", "primary"},
		{second + "," + first, "primary", "primary"},
		{first + "," + second, "read-only", "standby"},
		{second + "," + first, "read-only", "standby"},
		{first + "," + second, "standby", "standby"},
		{second + "," + first, "standby", "standby"},
		{first + "," + second, "prefer-standby", "standby"},
		{second + "," + first, "prefer-standby", "standby"},
		{first + "," + second, "any", "primary"},
		{second + "," + first, "any", "standby"},
	} {
		d := database{driver: sqllookup.Postgres, dsn: "postgres://postgres@" + c.hosts + "/postgres?sslmode=disable&target_session_attrs=" + c.attrs}
		got := role(t, d.open(t, sqllookup.Config{Pool: 1}))
		if !strings.HasPrefix(got, c.want) {
			t.Errorf("%s of %s: %s, want %s", c.attrs, strings.NewReplacer(first, "primary", second, "standby").Replace(c.hosts), got, c.want)
		}
	}
}

// role is that of the server which lookups reach, or why none is reached. Both are asked in read only transactions.
func role(t *testing.T, db lookup.Client[sqllookup.Query]) string {
	t.Helper()
	l, err := db.Lookup(t.Context(), sqllookup.Query{Name: "x", SQL: `SELECT k AS _key, pg_is_in_recovery() AS standby,
		current_setting('transaction_read_only') AS read_only FROM unnest($keys::bigint[]) k`})
	if err != nil {
		return strings.TrimPrefix(err.Error(), "stage x: ")
	}
	switch got := string(load(t, l, "1").Result(0).Value); got {
	case `{"standby":true,"read_only":"on"}`:
		return "standby"
	case `{"standby":false,"read_only":"on"}`:
		return "primary"
	default:
		return got
	}
}

// settingsSQL shows what decides about a lookup, and how its values are written.
const settingsSQL = `SELECT k AS _key, current_setting('transaction_read_only') AS ro, current_setting('statement_timeout') AS timeout,
	'\xff'::bytea AS b, 0.1::float8 + 0.2::float8 AS f, '1 day 2 hours'::interval AS i FROM unnest($keys::bigint[]) k`

const settings = `{"ro":"on","timeout":"700ms","b":"/w==","f":0.30000000000000004,"i":"1 day 02:00:00"}`

func TestSessionsAreSet(t *testing.T) {
	t.Parallel()
	dsn := newPostgres(t).dsn
	postgresAt(dsn).exec(t, "CREATE SEQUENCE written")
	dsns := map[string]string{"direct": dsn}
	for _, mode := range []testenv.PoolMode{testenv.PoolSession, testenv.PoolTransaction, testenv.PoolStatement} {
		dsns[string(mode)] = pooled(t, dsn, mode)
	}
	for name, dsn := range dsns {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := postgresAt(dsn)
			db := d.open(t, sqllookup.Config{Pool: 1, Timeout: 700 * time.Millisecond})
			if err := db.Ping(t.Context()); err != nil {
				t.Fatal(err)
			}
			l := prepare(t, db, sqllookup.Query{SQL: settingsSQL})
			for range 5 {
				if got := string(load(t, l, "1").Result(0).Value); got != settings {
					t.Errorf("lookup: %s, want %s", got, settings)
				}
			}
			if name != string(testenv.PoolStatement) { // It has no transactions of several statements.
				unlimited := strings.Replace(settings, "700ms", "0", 1)
				if got := scan(t, l, strings.Replace(settingsSQL, "unnest($keys::bigint[])", "generate_series(1, 1)", 1)); got["1"] != unlimited {
					t.Errorf("scan: %v, want %s", got, unlimited)
				}
			}
			slow := prepare(t, db, sqllookup.Query{SQL: "SELECT k AS _key FROM unnest($keys::bigint[]) k, pg_sleep(60)"})
			err := slow.Load(t.Context(), stages.NewBatch[lookup.Key, []byte]([]lookup.Key{"1"}))
			if err == nil || !strings.Contains(err.Error(), "SQLSTATE 57014") {
				t.Errorf("a slow call: %v, want the statement timeout", err)
			}
			write := prepare(t, db, sqllookup.Query{SQL: "SELECT k AS _key, nextval('written') AS n FROM unnest($keys::bigint[]) k"})
			err = write.Load(t.Context(), stages.NewBatch[lookup.Key, []byte]([]lookup.Key{"1"}))
			if err == nil || stages.ClassOf(err) != stages.Fatal || !strings.Contains(err.Error(), "SQLSTATE 25006") {
				t.Errorf("a write: %v, want that the transaction is read only", err)
			}
			others(t, dsn)
		})
	}
}

// others checks that the sessions of others are as they were.
func others(t *testing.T, dsn string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	for range 4 {
		conn, err := pgx.Connect(ctx, dsn)
		if err != nil {
			t.Fatal(err)
		}
		var readOnly, timeout string
		row := conn.QueryRow(ctx, "SELECT current_setting('default_transaction_read_only'), current_setting('statement_timeout')", pgx.QueryExecModeSimpleProtocol)
		if err := row.Scan(&readOnly, &timeout); err != nil {
			t.Fatal(err)
		}
		if readOnly != "off" || timeout != "0" {
			t.Errorf("the session of another client has default_transaction_read_only %s and statement_timeout %s", readOnly, timeout)
		}
		if _, err := conn.Exec(ctx, "SELECT nextval('written')", pgx.QueryExecModeSimpleProtocol); err != nil {
			t.Errorf("another client cannot write: %v", err)
		}
		if err := conn.Close(ctx); err != nil {
			t.Error(err)
		}
	}
}

func TestTheDSNsSettingsWin(t *testing.T) {
	t.Parallel()
	dsn := newPostgres(t).dsn
	for _, dsn := range []string{dsn, pooled(t, dsn, testenv.PoolTransaction)} {
		d := database{driver: sqllookup.Postgres, dsn: dsn + "&statement_timeout=1234&default_transaction_read_only=off&intervalstyle=iso_8601"}
		l := d.lookup(t, sqllookup.Query{SQL: settingsSQL})
		want := strings.NewReplacer(`"on"`, `"off"`, "700ms", "1234ms", "1 day 02:00:00", "P1DT2H").Replace(settings)
		if got := string(load(t, l, "1").Result(0).Value); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func BenchmarkPgBouncer(b *testing.B) {
	dsn := newPostgres(b).dsn
	for name, dsn := range map[string]string{"direct": dsn, "pooled": pooled(b, dsn, testenv.PoolTransaction)} {
		b.Run(name, func(b *testing.B) {
			d := postgresAt(dsn)
			l := prepare(b, d.open(b, sqllookup.Config{}), sqllookup.Query{SQL: numbersSQL})
			var keys []lookup.Key
			for i := range 100 {
				keys = append(keys, lookup.Key(fmt.Sprint(i)))
			}
			for b.Loop() {
				load(b, l, keys...)
			}
		})
	}
}

func TestAServerWithoutTLS(t *testing.T) {
	t.Parallel()
	dsn := strings.Replace(newPostgres(t).dsn, "sslmode=disable", "sslmode=require", 1)
	err := postgresAt(dsn).open(t, sqllookup.Config{}).Ping(t.Context())
	if err == nil || !strings.HasSuffix(err.Error(), "cannot connect to the database: it has no TLS, and sslmode in the dsn demands it") {
		t.Errorf("%v, want that the server has no TLS", err)
	}
}

func TestASettingThatTheDatabaseRefusesIsTheDSNsFault(t *testing.T) {
	t.Parallel()
	err := postgresAt(newPostgres(t).dsn+"&statement_timeout=soon").open(t, sqllookup.Config{}).Ping(t.Context())
	if stages.ClassOf(err) != stages.Fatal || !strings.Contains(err.Error(), "statement_timeout") {
		t.Errorf("%v (class %d), want a fatal error that names the setting", err, stages.ClassOf(err))
	}
}
