// Package redisconn connects to a Redis server or cluster, for the lookups and for the cache that others share.
package redisconn

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Client is a Redis server or cluster with its connections. It is safe for concurrent use.
type Client struct {
	cfg   Config
	redis redis.UniversalClient

	mu     sync.Mutex
	closed bool
	calls  sync.WaitGroup // pipelines in progress, including those whose callers have given up
}

// Open makes a Client without connecting. Its error has all mistakes in the configuration.
func Open(cfg Config) (*Client, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, fmt.Errorf("redis: %w", err)
	}
	c := &Client{cfg: cfg}
	options := &redis.UniversalOptions{
		Addrs: cfg.Addrs, IsClusterMode: cfg.Cluster, DB: cfg.DB,
		Username: cfg.Username, Password: string(cfg.Password),
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

// Ping returns an error if no server responds, or if it does not let the Client in. The error is for the operator: it names
// the addresses and no credentials.
func (c *Client) Ping(ctx context.Context) error {
	var answered error
	err := c.Do(ctx, func(ctx context.Context) { answered = c.redis.Ping(ctx).Err() })
	if err == nil && answered != nil {
		err = c.Explain(ctx, answered)
	}
	if err != nil {
		return fmt.Errorf("%v: %w", c.cfg, err)
	}
	return nil
}

// Redis returns the driver's client. It heeds deadlines and no cancellation, and tries nothing twice. Explain says what its errors
// mean. Close ends it.
func (c *Client) Redis() redis.UniversalClient { return c.redis }

// Close ends the connections and with them the calls under way, which it waits for. A call after it fails.
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

// Do runs f, which must not touch what its caller reads unless Do returns nil: the driver heeds deadlines and no
// cancellation, so f is left behind where ctx ends, and ends by itself within the timeout.
func (c *Client) Do(ctx context.Context, f func(context.Context)) error {
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
