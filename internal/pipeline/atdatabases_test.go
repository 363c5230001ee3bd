package pipeline_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/testenv"
)

const versionsOf = `
kafka: {brokers: [localhost:9092]}
input: {topics: [events], group: g}
output: {topic: out}
dead_letter: {topic: dead}
sources:
  shop: {sql: {driver: %s, dsn: %q}}
stages:
  tier: {source: shop, by: [event.tenant, event.user], key: [tenant, id], at: event.at, history: append_only, cache: {ttl: 1h}, query: "%s"}
`

// statements runs statements on a database.
func statements(t *testing.T, driver, dsn string, all ...string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	for _, s := range all {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	return db
}

// Ranges and times of PostgreSQL, and MariaDB's own history of a table, with a composite key.
func TestVersionsOnServers(t *testing.T) {
	t.Parallel()
	testenv.NeedServices(t)
	postgres, mariadb := testenv.Postgres(t), testenv.MariaDB(t)
	statements(t, "pgx", postgres,
		`CREATE TABLE tiers (tenant text, id bigint, tier text, valid tstzrange, valid_from timestamptz, valid_to timestamptz, local_from timestamp)`,
		`INSERT INTO tiers SELECT 'a', 1, v.tier, tstzrange(v.f, v.t, v.b), v.f, v.t, v.f AT TIME ZONE 'UTC' FROM (VALUES
			('silver', timestamptz '-infinity', timestamptz '2024-01-01 00:00+00', '[)'), ('gold', '2024-01-01 00:00+00', '2024-02-01 00:00:00.5+00', '[]'),
			('none', '2024-03-01 00:00+00', '2024-03-01 00:00+00', '[)'), ('late', '2024-03-01 00:00+00', NULL, '(]')) v(tier, f, t, b)`)
	maria := statements(t, "mysql", mariadb,
		`CREATE TABLE tiers (tenant varchar(9), id bigint, tier varchar(9), local_from datetime(6), PRIMARY KEY (tenant, id)) WITH SYSTEM VERSIONING`)
	times := versioned(t, maria)
	text := func(at time.Time) string { return at.Format(time.RFC3339Nano) }
	for name, tc := range map[string]struct {
		driver, dsn, query string
		at                 map[string]string // the tier by time
	}{
		"PostgreSQL ranges": {"postgres", postgres, "SELECT tenant, id, tier, valid AS _valid FROM tiers WHERE (tenant, id) IN ($keys)", map[string]string{
			"1999-01-01T00:00:00Z": "silver", "2023-12-31T23:59:59.999999Z": "silver", "2024-01-01T00:00:00Z": "gold", "2024-02-01T00:00:00.5Z": "gold",
			"2024-02-01T00:00:00.500001Z": "", "2024-03-01T00:00:00Z": "", "2024-03-01T00:00:00.000001Z": "late", "2034-03-01T00:00:00Z": "late",
		}},
		"PostgreSQL times": {"postgres", postgres, "SELECT tenant, id, tier, valid_from AS _from, valid_to AS _to FROM tiers WHERE (tenant, id) IN ($keys)", map[string]string{
			"1999-01-01T00:00:00Z": "silver", "2024-02-01T00:00:00.499999Z": "gold", "2024-02-01T00:00:00.5Z": "", "2024-03-01T00:00:00Z": "late",
		}},
		"MariaDB's history": {"mysql", mariadb, "SELECT tenant, id, tier, ROW_START AS _from, ROW_END AS _to FROM tiers FOR SYSTEM_TIME ALL WHERE (tenant, id) IN ($keys)", map[string]string{
			text(times[0].Add(-time.Microsecond)): "", text(times[0]): "silver", text(times[1].Add(-time.Microsecond)): "silver", text(times[1]): "gold", text(times[1].Add(time.Hour)): "gold",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := parse(fmt.Sprintf(versionsOf, tc.driver, tc.dsn, tc.query))
			if err != nil {
				t.Fatal(err)
			}
			p := openLayout(t, l)
			for at, tier := range tc.at {
				event, want := fmt.Sprintf(`{"tenant":"a","user":1,"at":%q}`, at), `"tier":null}`
				if tier != "" {
					want = fmt.Sprintf(`"tier":{"tenant":"a","id":1,"tier":%q}}`, tier)
				}
				if got := enrich(t, p, event)[0]; !strings.HasSuffix(got, want) {
					t.Errorf("%s: got %s, want %s", at, got, want)
				}
			}
		})
	}
	for driver, tc := range map[string]struct{ dsn, says string }{
		"postgres": {postgres, "_from has the type timestamp, which is no time with a time zone; if it is in UTC, select valid_from AT TIME ZONE 'UTC' AS _from"},
		"mysql":    {mariadb, "_from has the type datetime, which is no time with a time zone; if it is in UTC, select DATE_FORMAT("},
	} {
		l, err := parse(fmt.Sprintf(versionsOf, driver, tc.dsn, "SELECT tenant, id, local_from AS _from FROM tiers WHERE (tenant, id) IN ($keys)"))
		if err == nil {
			_, err = pipeline.Open(t.Context(), l, pipeline.Options{})
		}
		if err == nil || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %v, want %q", driver, err, tc.says)
		}
	}
}

// versioned writes two versions of a row in January and February, and returns when the server says that they begin.
func versioned(t *testing.T, maria *sql.DB) (times []time.Time) {
	t.Helper()
	maria.SetMaxOpenConns(1) // The session has the time at which the rows are written.
	for i, tier := range []string{"silver", "gold"} {
		if _, err := maria.ExecContext(t.Context(), fmt.Sprintf(`SET @@timestamp = UNIX_TIMESTAMP('2024-0%d-01 00:00:00')`, i+1)); err != nil {
			t.Fatal(err)
		}
		if _, err := maria.ExecContext(t.Context(), `REPLACE INTO tiers VALUES ('a', 1, ?, '2024-01-01')`, tier); err != nil {
			t.Fatal(err)
		}
		var at string
		if err := maria.QueryRowContext(t.Context(), `SELECT DATE_FORMAT(CONVERT_TZ(ROW_START, @@session.time_zone, '+00:00'), '%Y-%m-%dT%H:%i:%s.%fZ') FROM tiers WHERE id = 1`).Scan(&at); err != nil {
			t.Fatal(err)
		}
		parsed, err := time.Parse(time.RFC3339Nano, at)
		if err != nil {
			t.Fatal(err)
		}
		times = append(times, parsed)
	}
	return times
}

// sqlBlocks are the blocks of SQL in the page on points in time: that for MariaDB, and that for PostgreSQL.
func sqlBlocks(t *testing.T) (mariadb, postgres string) {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "history.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```sql\n(.*?)```").FindAllSubmatch(page, -1)
	if len(blocks) != 2 {
		t.Fatalf("the page has %d blocks of SQL, want 2", len(blocks))
	}
	return string(blocks[0][1]), string(blocks[1][1])
}

// What the page on points in time says keeps a history does keep one.
func TestHistoriesOfThePage(t *testing.T) {
	t.Parallel()
	testenv.NeedServices(t)
	forMariaDB, forPostgres := sqlBlocks(t)
	postgres, mariadb := testenv.Postgres(t), testenv.MariaDB(t)
	const table = `CREATE TABLE user_tiers (user_id bigint PRIMARY KEY, tier varchar(9))`
	rows := []string{`INSERT INTO user_tiers VALUES (1, 'silver')`, `UPDATE user_tiers SET tier = 'gold'`, `UPDATE user_tiers SET tier = 'none'`, `DELETE FROM user_tiers`}
	pg := statements(t, "pgx", postgres, append([]string{table, forPostgres}, rows...)...)
	maria := statements(t, "mysql", mariadb, append([]string{table, forMariaDB}, rows...)...)
	for _, tc := range []struct {
		db    *sql.DB
		query string
		want  string
	}{
		// The page's trigger does not know the first version: it leaves that to another.
		{pg, `SELECT string_agg(tier || ' ' || upper_inf(valid), ', ' ORDER BY valid) FROM user_tier_history`, "gold false, none false"},
		{maria, `SELECT GROUP_CONCAT(tier, ' ', ROW_END > NOW() + INTERVAL 1 DAY ORDER BY ROW_START SEPARATOR ', ') FROM user_tiers FOR SYSTEM_TIME ALL`, "silver 0, gold 0, none 0"},
	} {
		var got string
		if err := tc.db.QueryRowContext(t.Context(), tc.query).Scan(&got); err != nil || got != tc.want {
			t.Errorf("%s: %q, %v, want %q", tc.query, got, err, tc.want)
		}
	}
}
