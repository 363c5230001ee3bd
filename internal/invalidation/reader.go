package invalidation

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/logattr"
	"github.com/loaderline/loaderline/internal/topicfollow"
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

const warnEvery = time.Minute

// Reader follows the change topics. NewReader makes one, and Run runs it. Before Caught is closed, what outlived the last process
// may be outdated.
type Reader struct {
	*topicfollow.Follower

	cfg   ReaderConfig
	tiers []*durable
	// What follows is Run's.
	positions topicfollow.Positions // from where the topics are read, while that is being decided
	ids       map[string]string     // of the topics
	warned    time.Time

	placed chan struct{}
	caught sync.Once
}

// Status is how far a Reader is.
type Status = topicfollow.Status

// NewReader makes a reader.
func NewReader(cfg ReaderConfig) *Reader {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	r := &Reader{cfg: cfg, placed: make(chan struct{})}
	for _, t := range cfg.Tiers {
		r.tiers = append(r.tiers, &durable{tier: t})
	}
	r.Follower = topicfollow.New(topicfollow.Config{Kafka: cfg.Kafka, Handler: handler{r}, Every: cfg.Every, OnTrouble: r.trouble, OnStatus: r.noted})
	return r
}

// Placed is closed when it is known from where the topics are read. Before that nothing may be cached: a change between
// the load and that position would be missed.
func (r *Reader) Placed() <-chan struct{} { return r.placed }

// handler is the Reader as its Follower sees it.
type handler struct{ r *Reader }

func (h handler) Topics() []string { return h.r.cfg.Handler.Topics() }

func (h handler) Apply(ctx context.Context, records []*kgo.Record) error {
	return h.r.cfg.Handler.Apply(ctx, records)
}

// Applied lets all tiers know how far changes were applied.
func (h handler) Applied(ctx context.Context, at topicfollow.Positions, _ time.Time) {
	h.r.positions = at
	h.r.save(ctx)
}

// Place decides from where the topics are read.
func (h handler) Place(ctx context.Context, was topicfollow.Placement) (topicfollow.Placed, error) {
	r := h.r
	r.ids = was.Found.IDs
	if was.At == nil {
		r.place(ctx, was.Found)
	} else {
		r.positions = was.At
		r.resume(ctx, was)
	}
	return topicfollow.Placed{From: r.positions}, nil
}

func (r *Reader) save(ctx context.Context) {
	for _, t := range r.tiers {
		t.save(ctx, r, r.positions)
	}
}

// trouble logs that the topics cannot be read, now and then, and the end of that.
func (r *Reader) trouble(ctx context.Context, err error) {
	switch {
	case err == nil:
		r.warned = time.Time{}
		r.cfg.Logger.LogAttrs(ctx, slog.LevelInfo, "change topics are read again")
	case r.warned.IsZero() || time.Since(r.warned) >= warnEvery:
		r.warned = time.Now()
		r.cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "change topics cannot be read; cached values may be outdated until they are",
			slog.Any("error", err), logattr.Seconds("unread_seconds", time.Since(r.Status().Current).Round(time.Second)))
	}
}

// noted logs once that the Reader has caught up.
func (r *Reader) noted(ctx context.Context, s Status) {
	if !s.Waiting {
		r.caught.Do(func() {
			r.cfg.Logger.LogAttrs(ctx, slog.LevelInfo, "change topics were read to the end that they had at the start")
		})
	}
}

// ended reports whether ctx has ended.
func ended(ctx context.Context) bool { return ctx.Err() != nil }
