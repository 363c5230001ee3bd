package postgres

import (
	"context"
	"crypto/tls"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/loaderline/loaderline/internal/tlsfiles"
)

// renewTLS makes each new connection read the files again that the DSN names by sslcert, sslkey and sslrootcert. While they cannot
// be read, as one that is half written, it uses their content of the start. An expired certificate fails the connection with a
// *tlsfiles.EndedError.
func renewTLS(dsn string, pc *pgxpool.Config) {
	if pc.ConnConfig.TLSConfig == nil {
		return
	}
	pc.BeforeConnect = func(_ context.Context, next *pgx.ConnConfig) error {
		if now, err := pgxpool.ParseConfig(dsn); err == nil {
			next.TLSConfig, next.Fallbacks = now.ConnConfig.TLSConfig, now.ConnConfig.Fallbacks
		}
		refuseEnded(next.TLSConfig)
		for _, other := range next.Fallbacks {
			refuseEnded(other.TLSConfig)
		}
		return nil
	}
}

// refuseEnded fails the handshakes in which a server asks for a certificate that is past its end.
func refuseEnded(config *tls.Config) {
	if config == nil || len(config.Certificates) == 0 {
		return
	}
	pair := &config.Certificates[0]
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		if err := tlsfiles.Ended("sslcert of the dsn", "", pair); err != nil {
			return nil, err
		}
		return pair, nil
	}
}
