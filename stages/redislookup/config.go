package redislookup

import (
	"context"
	"crypto/tls"
	"time"

	"github.com/loaderline/loaderline/internal/redisconn"
	"github.com/loaderline/loaderline/stages/lookup"
)

// Config says which Redis to use, and how. The zero value of each field but Addrs is its default.
type Config struct {
	// Addrs has the server's host:port. With Cluster it has those of some servers of the cluster, which name the others.
	Addrs []string
	// Cluster reports whether the servers are a Redis Cluster.
	Cluster bool
	// Username logs in, together with Password. Defaults to the user "default" if there is only a password.
	Username string
	// Password logs in. Defaults to no login.
	Password lookup.Secret
	// DB is the number of the database. A cluster has only 0, the default.
	DB int
	// TLS is the configuration of connections. The name that a certificate must have defaults to the host that is dialled.
	// Defaults to none: connections are not encrypted.
	TLS *tls.Config `json:"-"`
	// RenewTLS returns the configuration for the next connection, in place of TLS, so that certificates can be renewed without
	// a restart. It is called concurrently. Defaults to none.
	RenewTLS func() *tls.Config `json:"-"`
	// Pool is the number of connections to one server at most. Defaults to 8.
	Pool int
	// Timeout bounds a dial, and each wait for the server within a call. Defaults to 5 s.
	Timeout time.Duration
	// MaxAnswerBytes bounds what one server may answer to one call. Defaults to 256 MiB. A larger answer is a
	// permanent error, so that the engine asks again for fewer keys. The size of one value, for which memory is taken at once,
	// is bounded by Redis (proto-max-bulk-len, 512 MiB).
	MaxAnswerBytes int64
}

// client is a lookup.Client.
type client struct{ *redisconn.Client }

// Open makes a client of Redis without connecting, whatever ctx is. Its error has all mistakes in the configuration.
//
// The client's Lookup checks a query without a call to the server, and ignores its context. All its errors are fatal by
// stages.ClassOf. Close ends the calls in progress and waits for them.
func Open(_ context.Context, cfg Config) (lookup.Client[Query], error) {
	conn, err := redisconn.Open(redisconn.Config(cfg))
	if err != nil {
		return nil, err
	}
	return &client{conn}, nil
}
