package stages

import (
	"context"
	"time"
)

// BackendConfig configures what the loaders of one database or service share.
type BackendConfig struct {
	// Name is used in errors. Defaults to "unnamed".
	Name string
	// MaxCalls bounds the calls that run at once, over all loaders. Defaults to 4.
	MaxCalls int
	// Timeout bounds one call. Defaults to 5 s; negative is none.
	Timeout time.Duration
	// Ping says whether the backend can be reached. nil: nobody can tell but by a call.
	Ping func(context.Context) error
	// OnCall is called after each call with the time it took and its error. It is called concurrently. Optional.
	OnCall func(took time.Duration, err error)
}

// Backend is the database or service behind one or more loaders. It is safe for concurrent use.
type Backend struct {
	cfg   BackendConfig
	slots chan struct{}
}

// NewBackend makes a backend that loaders share by their LoaderConfig.
func NewBackend(cfg BackendConfig) *Backend {
	if cfg.Name == "" {
		cfg.Name = "unnamed"
	}
	if cfg.MaxCalls <= 0 {
		cfg.MaxCalls = 4
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 5 * time.Second
	}
	return &Backend{cfg: cfg, slots: make(chan struct{}, cfg.MaxCalls)}
}

// Name is the configured name.
func (b *Backend) Name() string { return b.cfg.Name }

// CanPing says whether the backend was given a Ping.
func (b *Backend) CanPing() bool { return b.cfg.Ping != nil }

// Ping asks whether the backend can be reached, within its timeout. Without a configured Ping it answers nil.
func (b *Backend) Ping(ctx context.Context) error {
	if b.cfg.Ping == nil {
		return nil
	}
	ctx, cancel := b.bound(ctx)
	defer cancel()
	return b.cfg.Ping(ctx)
}

func (b *Backend) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	if b.cfg.Timeout < 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, b.cfg.Timeout)
}

// acquire waits for one of the MaxCalls slots.
func (b *Backend) acquire(ctx context.Context) error {
	select {
	case b.slots <- struct{}{}:
		if ctx.Err() != nil { // Both were so, and a call would be for nobody.
			b.release()
			return context.Cause(ctx)
		}
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (b *Backend) release() { <-b.slots }
