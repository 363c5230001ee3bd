package sqllookup

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/loaderline/loaderline/internal/sqldriver"
)

type sqlite struct {
	pool *sql.DB
	file string
}

func openSQLite(cfg Config) (*sqlite, error) {
	d := sqldriver.OfSQLite()
	if d == nil {
		return nil, withoutDriver(SQLite)
	}
	dsn, file, err := sqliteDSN(cfg)
	if err != nil {
		return nil, err
	}
	pool, err := d.Open(dsn)
	if err != nil {
		return nil, errors.New("the dsn cannot be read: write a path, or file:path?mode=ro")
	}
	pool.SetMaxOpenConns(cfg.Pool)
	pool.SetMaxIdleConns(cfg.Pool)
	return &sqlite{pool: pool, file: file}, nil
}

// sqliteDSN is the DSN with the defaults that it does not decide itself: read only, and a bounded wait for locks.
func sqliteDSN(cfg Config) (dsn, file string, err error) {
	path, query, _ := strings.Cut(string(cfg.DSN), "?")
	params, err := url.ParseQuery(query)
	if err != nil {
		return "", "", errors.New("the dsn cannot be read: name=value pairs follow the question mark, with & between them")
	}
	file = strings.TrimPrefix(path, "file:")
	if !strings.HasPrefix(path, "file:") {
		path = "file:" + strings.NewReplacer("%", "%25", "#", "%23").Replace(path)
	}
	if !params.Has("mode") && file != ":memory:" {
		params.Set("mode", "ro")
	}
	if mode := params.Get("mode"); mode != "rw" && mode != "rwc" {
		params.Add("_pragma", "query_only(1)")
	}
	wait := max(cfg.Timeout, 0)
	if cfg.Timeout < 0 {
		wait = time.Hour
	}
	if !strings.Contains(strings.ToLower(query), "busy_timeout") {
		params.Add("_pragma", "busy_timeout("+strconv.FormatInt(wait.Milliseconds(), 10)+")")
	}
	params.Set("_error_rc", "1") // Without it a file that is not there is "out of memory".
	return path + "?" + params.Encode(), file, nil
}

func (s *sqlite) dialect() dialect { return sqliteDialect }

func (s *sqlite) ping(ctx context.Context) error {
	// Opening is lazy: only a read shows that the file is a database.
	row := s.pool.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema")
	var n int
	if err := row.Scan(&n); err != nil {
		return fmt.Errorf("SQLite at %s: %w", s.file, sqliteError(ctx, err))
	}
	return nil
}

func (s *sqlite) close() error { return s.pool.Close() }
