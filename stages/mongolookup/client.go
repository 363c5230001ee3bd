package mongolookup

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver"
	"golang.org/x/sync/singleflight"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// Config says which MongoDB to use, and how. The zero value of each field but URI and Database is its default.
type Config struct {
	// URI says where the servers are, and who logs in: mongodb://user:password@host:27017/?replicaSet=rs0, or mongodb+srv://host.
	// Its options apply, such as readPreference, readConcernLevel, authSource and compressors, but for maxPoolSize. No error
	// shows it.
	URI lookup.Secret
	// Database is the name of the database that has the collections.
	Database string
	// TLS is the configuration of connections, in place of what the URI says of TLS. The name that a certificate must have
	// defaults to the host that is dialled. Defaults to what the URI says.
	TLS *tls.Config `json:"-"`
	// RenewTLS returns the configuration for the next connection, in place of TLS, so that certificates can be renewed without
	// a restart. It is called concurrently. Defaults to none.
	RenewTLS func() *tls.Config `json:"-"`
	// Pool is the number of connections to one server at most, without those that only watch it. Defaults to 8.
	Pool int
	// Timeout bounds a call. Half of it bounds the search for a server that can be asked, unless the URI has
	// serverSelectionTimeoutMS. Defaults to 5 s.
	Timeout time.Duration
	// MaxAnswerBytes bounds the documents of one call. Defaults to 256 MiB. More are a permanent error, so that the engine asks
	// again for fewer keys.
	MaxAnswerBytes int64
}

func (cfg Config) withDefaults() Config {
	if cfg.Pool <= 0 {
		cfg.Pool = 8
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = 5 * time.Second
	}
	if cfg.MaxAnswerBytes <= 0 {
		cfg.MaxAnswerBytes = 256 << 20
	}
	return cfg
}

// String says where the servers are and which database is meant, without credentials.
func (cfg Config) String() string {
	hosts, err := hostsOf(string(cfg.URI))
	if err != nil {
		hosts = "?"
	}
	return fmt.Sprintf("mongodb at %s, database %s", hosts, cfg.Database)
}

// client is a lookup.Client.
type client struct {
	cfg Config

	connecting singleflight.Group

	mu     sync.Mutex
	mongo  *mongo.Client // nil before the first call
	closed bool
}

var errClosed = &mongoError{message: "the client is closed", err: mongo.ErrClientDisconnected}

// Open makes a client of MongoDB without connecting, whatever ctx is. Its error has all mistakes in the configuration.
//
// The client's Lookup checks a query without a call to the server, and ignores its context. All its errors are fatal by
// stages.ClassOf. From its first call on, the client watches the servers. Close ends that.
func Open(_ context.Context, cfg Config) (lookup.Client[Query], error) {
	cfg = cfg.withDefaults()
	var databaseErr error
	if cfg.Database == "" {
		databaseErr = errors.New("there is no database: it is the name of the one that has the collections")
	}
	if err := errors.Join(cfg.checkURI(), databaseErr); err != nil {
		return nil, fmt.Errorf("mongodb: %w", err)
	}
	return &client{cfg: cfg}, nil
}

// Ping implements lookup.Client. Its error is for the operator: it names the servers and no credentials.
func (c *client) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	db, err := c.database(ctx)
	if err == nil {
		err = explain(ctx, ping(ctx, db.Client()))
	}
	if err != nil {
		return fmt.Errorf("%v: %w", c.cfg, err)
	}
	return nil
}

// ping asks a server whether it is there, and again if the failure of another call has cleared the pool of connections. The driver repeats
// only reads, and its error holds that failure as text alone, which explain cannot judge.
func ping(ctx context.Context, client *mongo.Client) error {
	call, cancel := withoutDeadline(ctx)
	defer cancel()
	return untilPooled(ctx, func() error { return client.Ping(call, nil) })
}

// untilPooled repeats a call as long as the pool of connections was cleared before it had one, and ctx has not ended.
func untilPooled(ctx context.Context, call func() error) error {
	for {
		var cleared driver.RetryablePoolError
		if err := call(); !errors.As(err, &cleared) || ctx.Err() != nil {
			return err
		}
	}
}

// database returns the driver's database. The first call makes the driver's client.
func (c *client) database(ctx context.Context) (*mongo.Database, error) {
	c.mu.Lock()
	made, closed := c.mongo, c.closed
	c.mu.Unlock()
	switch {
	case closed:
		return nil, errClosed
	case made != nil:
		return made.Database(c.cfg.Database), nil
	}
	if err := ended(ctx); err != nil {
		return nil, err
	}
	// A name of mongodb+srv is looked up for it, and that heeds no context.
	select {
	case r := <-c.connecting.DoChan("", c.connect):
		if r.Err != nil {
			return nil, r.Err
		}
		return r.Val.(*mongo.Client).Database(c.cfg.Database), nil
	case <-ctx.Done():
		return nil, ended(ctx)
	}
}

// connect makes the driver's client.
func (c *client) connect() (any, error) {
	opts, err := c.cfg.options()
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
		return nil, errClosed
	case c.mongo != nil:
		return c.mongo, nil
	}
	made, err := mongo.Connect(opts)
	if err != nil {
		return nil, stages.WithClass(uriError(err), stages.Fatal)
	}
	c.mongo = made
	return made, nil
}

// Close implements lookup.Client. It tells the servers which cursors and sessions end, for a second at most.
func (c *client) Close() error {
	c.mu.Lock()
	made := c.mongo
	c.mongo, c.closed = nil, true
	c.mu.Unlock()
	// A look-up of a name whose caller has given up still runs.
	_, _, _ = c.connecting.Do("", func() (any, error) { return nil, errClosed })
	if made == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := made.Disconnect(ctx); err != nil && ctx.Err() == nil {
		return explain(ctx, err)
	}
	return nil
}
