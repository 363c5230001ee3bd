package testenv

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"
)

// CreateDatabase makes an empty database of a new name beside the one that dsn names, and returns its DSN and what
// drops it, whoever is still connected.
func CreateDatabase(ctx context.Context, dsn string) (fresh string, drop func(context.Context) error, err error) {
	name := "loaderline_" + strings.ToLower(rand.Text())
	if err := Execute(ctx, dsn, "CREATE DATABASE "+name); err != nil {
		return "", nil, fmt.Errorf("creating a database: %w", err)
	}
	drop = func(ctx context.Context) error {
		if err := Execute(ctx, dsn, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			return fmt.Errorf("dropping database %s: %w", name, err)
		}
		return nil
	}
	return withDatabase(dsn, name), drop, nil
}

// Execute runs statements on a PostgreSQL over a new connection.
func Execute(ctx context.Context, dsn, statements string) (err error) {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	_, err = conn.Exec(ctx, statements)
	return err
}

// withDatabase returns the DSN, a URL or keywords, with another database in it.
func withDatabase(dsn, name string) string {
	if u, err := url.Parse(dsn); err == nil && u.Scheme != "" {
		u.Path = "/" + name
		return u.String()
	}
	return dsn + " dbname=" + name // of two equal keywords the last one wins.
}
