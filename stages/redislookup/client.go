package redislookup

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Config says which Redis to use, and how. The zero value of each field but Addrs is its default. It never prints
// its credentials.
type Config struct {
	// Addrs are host:port of the server; with Cluster, of some servers of the cluster, which say where the others are.
	Addrs []string
	// Cluster says that the servers are a Redis Cluster.
	Cluster bool
	// Username and Password log in. Defaults to no login, and to the user "default" where there is only a password.
	Username string
	Password string `json:"-"`
	// DB is the number of the database. A cluster has only 0, the default.
	DB int
	// TLS is the configuration of connections, which are not encrypted where it is nil. The name that a certificate
	// must have defaults to the host that is dialled.
	TLS *tls.Config `json:"-"`
	// RenewTLS returns the configuration for the next connection, in place of TLS, so that certificates can be renewed without
	// a restart. It is called concurrently. Defaults to none.
	RenewTLS func() *tls.Config `json:"-"`
	// Pool is the number of connections to one server at most. Defaults to 8.
	Pool int
	// Timeout bounds a dial, and each wait for the server within a call. Defaults to 5 s.
	Timeout time.Duration
	// MaxAnswerBytes bounds what one server may answer to one call. Defaults to 256 MiB. A larger answer is a
	// permanent error, so that the engine asks again for fewer keys. Room for a value is made at once by the size that
	// Redis announces, which it bounds itself (proto-max-bulk-len, 512 MiB).
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

func (cfg Config) validate() error {
	var errs []error
	switch {
	case len(cfg.Addrs) == 0:
		errs = append(errs, errors.New("there is no address: it says where the server is, as host:port"))
	case len(cfg.Addrs) > 1 && !cfg.Cluster:
		errs = append(errs, fmt.Errorf("there are %d addresses, which only a cluster can have: set cluster, or leave one", len(cfg.Addrs)))
	}
	for i, addr := range cfg.Addrs {
		if !isAddress(addr) {
			errs = append(errs, fmt.Errorf("address %d is not host:port", i+1))
		}
	}
	if cfg.Cluster && cfg.DB != 0 {
		errs = append(errs, fmt.Errorf("a cluster has no database %d: leave out db", cfg.DB))
	}
	if cfg.DB < 0 {
		errs = append(errs, fmt.Errorf("there is no database %d: the first is 0", cfg.DB))
	}
	if cfg.Username != "" && cfg.Password == "" {
		errs = append(errs, errors.New("there is a username without a password"))
	}
	return errors.Join(errs...)
}

// String is where the servers are.
func (cfg Config) String() string {
	kind := "redis"
	if cfg.Cluster {
		kind = "redis cluster"
	}
	addrs := slices.Clone(cfg.Addrs)
	for i, addr := range addrs {
		if !isAddress(addr) {
			addrs[i] = "?"
		}
	}
	return kind + " at " + strings.Join(addrs, ",")
}

// isAddress says that text is host:port. What was meant as a URL is not: it can hold a password.
func isAddress(text string) bool {
	_, port, err := net.SplitHostPort(text)
	return err == nil && port != "" && !strings.ContainsAny(text, "/@")
}

// GoString is String, so that no format prints the credentials.
func (cfg Config) GoString() string { return cfg.String() }

// LogValue is String.
func (cfg Config) LogValue() slog.Value { return slog.StringValue(cfg.String()) }

// Client is a Redis server or cluster with its connections. It is safe for concurrent use.
type Client struct {
	cfg   Config
	redis redis.UniversalClient

	mu     sync.Mutex
	closed bool
	calls  sync.WaitGroup // pipelines under way, also those that nobody waits for any more
}

// Open makes a Client without connecting, whatever ctx is: only mistakes in the configuration are errors, all of them at once.
// See Ping.
func Open(_ context.Context, cfg Config) (*Client, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, fmt.Errorf("redis: %w", err)
	}
	c := &Client{cfg: cfg}
	options := &redis.UniversalOptions{
		Addrs: cfg.Addrs, IsClusterMode: cfg.Cluster, DB: cfg.DB,
		Username: cfg.Username, Password: cfg.Password,
		Dialer:      dialer(cfg),
		DialTimeout: cfg.Timeout, ReadTimeout: cfg.Timeout, WriteTimeout: cfg.Timeout, PoolTimeout: cfg.Timeout,
		ContextTimeoutEnabled: true,
		PoolSize:              cfg.Pool,
		PipelinePoolSize:      -1, // All calls are pipelines: they are what the one pool is for.
		MaxRetries:            -1, // The engine tries again, and knows when to stop.
		DialerRetries:         1,
		DisableIdentity:       true,
		MaintNotificationsConfig: &maintnotifications.Config{
			Mode: maintnotifications.ModeDisabled,
		},
	}
	c.redis = redis.NewUniversalClient(options)
	return c, nil
}

// Ping asks whether a server answers and lets the Client in. Its error is for the operator: it names the addresses and
// no credentials.
func (c *Client) Ping(ctx context.Context) error {
	var answered error
	err := c.do(ctx, func(ctx context.Context) { answered = c.redis.Ping(ctx).Err() })
	if err == nil && answered != nil {
		err = c.failure(ctx, answered)
	}
	if err != nil {
		return fmt.Errorf("%v: %w", c.cfg, err)
	}
	return nil
}

// Redis is the driver's client, for other uses of the same servers, such as a cache. It heeds deadlines and no cancellation,
// and tries nothing twice. Explain says what its errors mean; Close ends it.
func (c *Client) Redis() redis.UniversalClient { return c.redis }

// Explain is an error that Redis gave under ctx as an *Error, classified.
func (c *Client) Explain(ctx context.Context, err error) error { return c.failure(ctx, err) }

// Close ends the connections and with them the calls under way, which it waits for. A call after it is an error.
func (c *Client) Close() error {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	err := c.redis.Close()
	c.calls.Wait()
	if errors.Is(err, redis.ErrClosed) {
		return nil
	}
	return err
}

// do runs f, which must not touch what its caller reads unless do returns nil: the driver heeds deadlines and no
// cancellation, so f is left behind where ctx ends, and ends by itself within the timeout.
func (c *Client) do(ctx context.Context, f func(context.Context)) error {
	if err := ended(ctx); err != nil {
		return err
	}
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return &Error{message: "the client is closed", err: redis.ErrClosed}
	}
	c.calls.Add(1)
	c.mu.Unlock()
	done := make(chan any, 1)
	go func() {
		defer c.calls.Done()
		defer func() { done <- recover() }()
		f(ctx)
	}()
	select {
	case panicked := <-done:
		if panicked != nil {
			panic(panicked) // In the caller's goroutine, where it is caught.
		}
		return nil
	case <-ctx.Done():
		return ended(ctx)
	}
}
