package runtime_test

import (
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/loaderline/loaderline/testenv"
)

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

// raised asks a PostgreSQL for a column whose expression fails, such as a function that raises its own error.
func raised(t *testing.T, column, state, class string) string {
	t.Helper()
	dsn := testenv.Postgres(t)
	execute(t, "pgx", dsn, fmt.Sprintf("CREATE FUNCTION complain(k text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no user %% there', k USING ERRCODE = '%s'; END $$", state))
	return query(fmt.Sprintf(`{sql: {driver: postgres, dsn: %q}, errors: {"57014": %s}}`, dsn, class), "SELECT k AS id, "+column+" AS n FROM unnest(CAST($keys AS text[])) AS k WHERE k = ANY($keys)")
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
