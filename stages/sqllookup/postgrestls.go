package sqllookup

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// renewTLS has each new connection read the files again that the DSN names by sslcert, sslkey and sslrootcert. While they cannot be read,
// as one that is half written, those of the start are used.
func renewTLS(dsn string, pc *pgxpool.Config) {
	if pc.ConnConfig.TLSConfig == nil {
		return
	}
	pc.BeforeConnect = func(_ context.Context, next *pgx.ConnConfig) error {
		if now, err := pgxpool.ParseConfig(dsn); err == nil {
			next.TLSConfig, next.Fallbacks = now.ConnConfig.TLSConfig, now.ConnConfig.Fallbacks
		}
		return nil
	}
}
