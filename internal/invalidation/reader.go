package invalidation

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v4"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/kafkaadmin"
	"github.com/loaderline/loaderline/internal/logattr"
)

// Handler does what the records say. Its methods are called by one goroutine.
type Handler interface {
	// Topics are those to read.
	Topics() []string
	// Apply applies records, in order, for good when it returns. If it returns an error, it has applied none, and gets them again.
	Apply(ctx context.Context, records []*kgo.Record) error
	// Lost applies whatever a topic may have said, when records may have been missed.
	Lost(ctx context.Context, topic string)
}

// ReaderConfig says what is read. Zero values are defaults where a field says so.
type ReaderConfig struct {
	Kafka consumer.Kafka
	// Handler says what is read, and gets it. Required.
	Handler Handler
	// Tiers outlive the process, so reading continues at the oldest of their positions. Defaults to none.
	Tiers []Tier
	// Scope is what the Handler applies the topics to in the tiers.
	Scope Scope
	// Every is the time between two looks at the ends of the partitions. Defaults to 2 s.
	Every time.Duration
	// Logger defaults to none.
	Logger *slog.Logger
}

const (
	defaultEvery = 2 * time.Second
	listTime     = 5 * time.Second // for one question to the cluster
	pollRecords  = 10_000
	maxPause     = 10 * time.Second // between two tries
	warnEvery    = time.Minute
)

// Reader reads every partition of the change topics, including partitions that are added later. It belongs to no group.
// NewReader makes one, and Run runs it.
type Reader struct {
	cfg   ReaderConfig
	tiers []*durable

	// What follows is Run's.
	positions positions // of what was applied; nil before they are known
	targets   positions // what Caught waits for
	latest    extents   // when they were last looked at
	pending   extents   // looked at before, and not reached since; those of a zero time are none
	recreated map[string]bool
	ids       map[string]string // of the topics, whose positions these are
	warned    time.Time

	placed, caught chan struct{}

	mu     sync.Mutex
	status Status // guarded by mu
}

// NewReader makes a reader.
func NewReader(cfg ReaderConfig) *Reader {
	if cfg.Every == 0 {
		cfg.Every = defaultEvery
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	r := &Reader{cfg: cfg, recreated: map[string]bool{}, placed: make(chan struct{}), caught: make(chan struct{})}
	for _, t := range cfg.Tiers {
		r.tiers = append(r.tiers, &durable{tier: t})
	}
	r.status = Status{Waiting: true, Behind: -1, Lag: map[string]int64{}, Current: time.Now()}
	for _, topic := range cfg.Handler.Topics() {
		r.status.Lag[topic] = 0
	}
	return r
}

// Placed is closed when it is known from where the topics are read. Before that nothing may be cached: a change between
// the load and that position would be missed.
func (r *Reader) Placed() <-chan struct{} { return r.placed }

// Caught is closed when what was in the topics at the start has been applied. Before that, what outlived the last
// process may be outdated.
func (r *Reader) Caught() <-chan struct{} { return r.caught }

// Run reads until ctx ends. A cluster that is away, or refuses, is asked again, and the log says so; the error is one of
// configuration.
func (r *Reader) Run(ctx context.Context) error {
	if _, err := kafkaadmin.Options(r.cfg.Kafka); err != nil {
		return err // No session could begin.
	}
	pause := backoff.NewExponentialBackOff(backoff.WithMaxInterval(maxPause), backoff.WithMaxElapsedTime(0))
	for {
		began := time.Now()
		err := r.session(ctx)
		if ended(ctx) {
			return nil
		}
		if time.Since(began) > maxPause {
			pause.Reset()
		}
		wait := time.Duration(0)
		if err != nil {
			r.warn(ctx, err)
			wait = pause.NextBackOff()
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil
		}
	}
}

// ended reports whether ctx has ended.
func ended(ctx context.Context) bool { return ctx.Err() != nil }

// warn logs that the topics cannot be read, now and then.
func (r *Reader) warn(ctx context.Context, err error) {
	if !r.warned.IsZero() && time.Since(r.warned) < warnEvery {
		return
	}
	r.warned = time.Now()
	r.cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "change topics cannot be read; cached values may be outdated until they are",
		slog.Any("error", err), logattr.Seconds("unread_seconds", time.Since(r.Status().Current).Round(time.Second)))
}

// healed logs the end of what warn said.
func (r *Reader) healed(ctx context.Context) {
	if r.warned.IsZero() {
		return
	}
	r.warned = time.Time{}
	r.cfg.Logger.LogAttrs(ctx, slog.LevelInfo, "change topics are read again")
}

// session reads with one client, until ctx ends, or what it reads has changed under it: then it returns nil where the
// next session can begin at once.
func (r *Reader) session(ctx context.Context) error {
	client, err := kafkaadmin.NewClient(r.cfg.Kafka,
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.KeepControlRecords(), // So that a transaction's end is a position that was reached.
		kgo.ConsumeResetOffset(kgo.NoResetOffset()),
		kgo.RetryTimeout(listTime),
	)
	if err != nil {
		return err
	}
	defer client.Close()
	found, err := list(ctx, client, r.cfg.Handler.Topics())
	if err != nil {
		return err
	}
	r.place(ctx, found)
	from := map[string]map[int32]kgo.Offset{}
	for p, at := range r.positions {
		if from[p.Topic] == nil {
			from[p.Topic] = map[int32]kgo.Offset{}
		}
		from[p.Topic][p.Partition] = kgo.NewOffset().At(at)
	}
	client.AddConsumePartitions(from)
	return r.consume(ctx, client)
}
