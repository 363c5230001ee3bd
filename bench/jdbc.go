package bench

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// jdbcURL returns a DSN, a URL or keywords, as the URL that PostgreSQL's JDBC driver takes.
func jdbcURL(dsn string) (string, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return "", err
	}
	if filepath.IsAbs(config.Host) {
		return "", errors.New("JDBC has no Unix sockets: name a host")
	}
	settings := url.Values{"user": {config.User}, "sslmode": {"disable"}}
	if config.Password != "" {
		settings.Set("password", config.Password)
	}
	if config.TLSConfig != nil {
		settings.Set("sslmode", "require")
		if slices.ContainsFunc(config.Fallbacks, func(f *pgconn.FallbackConfig) bool { return f.TLSConfig == nil }) {
			settings.Set("sslmode", "prefer")
		}
	}
	address := net.JoinHostPort(config.Host, fmt.Sprint(config.Port))
	return (&url.URL{Scheme: "jdbc:postgresql", Host: address, Path: "/" + config.Database, RawQuery: settings.Encode()}).String(), nil
}
