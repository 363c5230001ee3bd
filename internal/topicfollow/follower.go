package topicfollow

import (
	"context"
	"errors"
	"maps"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v4"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/kafkaadmin"
)

// Handler says where the reading begins, and does what the records say. Its methods are called by one goroutine.
type Handler interface {
	// Topics are those to read.
	Topics() []string
	// Place is called when reading begins, and when it begins anew after an interruption. An error is tried again later.
	Place(ctx context.Context, was Placement) (Placed, error)
	// Apply applies records, in order, for good when it returns. After an error it gets them again, unless that is a *StopError.
	Apply(ctx context.Context, records []*kgo.Record) error
	// Applied is called when everything before some positions has been applied. current is the time up to which all records
	// that were committed have been; it is zero if that is not known yet.
	Applied(ctx context.Context, at Positions, current time.Time)
}

// Placement is what is known when reading begins.
type Placement struct {
	Found Extents
	// At is up to where the topics were applied before; nil at first.
	At Positions
	// Recreated are the topics that were deleted and created again since.
	Recreated map[string]bool
}

// Placed is where reading begins.
type Placed struct {
	From Positions
	// Anew says that what was applied before does not count: the Follower waits again until it has reached the ends.
	Anew bool
}

// StopError ends Run, which returns Err.
type StopError struct{ Err error }

// Error implements error.
func (e *StopError) Error() string { return e.Err.Error() }

// Unwrap gives the reason.
func (e *StopError) Unwrap() error { return e.Err }

// Config says what is read. Zero values are defaults where a field says so.
type Config struct {
	Kafka consumer.Kafka
	// Handler says what is read, and gets it. Required.
	Handler Handler
	// Every is the time between two looks at the ends of the partitions. Defaults to 2 s.
	Every time.Duration
	// OnTrouble is called with each failure, and with nil when the topics are read again. Optional.
	OnTrouble func(ctx context.Context, err error)
	// OnStatus is called when the Status may have changed. Optional.
	OnStatus func(ctx context.Context, s Status)
}

const (
	defaultEvery = 2 * time.Second
	listTime     = 5 * time.Second // for one question to the cluster
	pollRecords  = 10_000
	maxPause     = 10 * time.Second // between two tries
)

// Follower reads topics. New makes one, and Run runs it.
type Follower struct {
	cfg Config

	// What follows is Run's.
	positions Positions // of what was applied; nil before they are known
	targets   Positions // what Caught waits for
	latest    Extents   // when they were last looked at
	pending   Extents   // looked at before, and not reached since; those of a zero time are none
	recreated map[string]bool
	ids       map[string]string // of the topics, whose positions these are
	troubled  bool

	caught     chan struct{}
	caughtOnce sync.Once

	mu     sync.Mutex
	status Status // guarded by mu
}

// New makes a Follower.
func New(cfg Config) *Follower {
	if cfg.Every == 0 {
		cfg.Every = defaultEvery
	}
	if cfg.OnTrouble == nil {
		cfg.OnTrouble = func(context.Context, error) {}
	}
	if cfg.OnStatus == nil {
		cfg.OnStatus = func(context.Context, Status) {}
	}
	f := &Follower{cfg: cfg, recreated: map[string]bool{}, caught: make(chan struct{})}
	f.status = Status{Waiting: true, Behind: -1, Lag: map[string]int64{}, Current: time.Now()}
	for _, topic := range cfg.Handler.Topics() {
		f.status.Lag[topic] = 0
	}
	return f
}

// Caught is closed when what was in the topics at the start has been applied.
func (f *Follower) Caught() <-chan struct{} { return f.caught }

// Run reads until ctx ends. A cluster that is away, or refuses, is asked again. The error is one of configuration, or that of a
// StopError.
func (f *Follower) Run(ctx context.Context) error {
	if _, err := kafkaadmin.Options(f.cfg.Kafka); err != nil {
		return err // No session could begin.
	}
	pause := backoff.NewExponentialBackOff(backoff.WithMaxInterval(maxPause), backoff.WithMaxElapsedTime(0))
	for {
		began := time.Now()
		err := f.session(ctx)
		if ended(ctx) {
			return nil
		}
		if stop, is := errors.AsType[*StopError](err); is {
			return stop.Err
		}
		if time.Since(began) > maxPause {
			pause.Reset()
		}
		wait := time.Duration(0)
		if err != nil {
			f.trouble(ctx, err)
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

func (f *Follower) trouble(ctx context.Context, err error) {
	f.troubled = true
	f.cfg.OnTrouble(ctx, err)
}

// healed ends what trouble began.
func (f *Follower) healed(ctx context.Context) {
	if f.troubled {
		f.troubled = false
		f.cfg.OnTrouble(ctx, nil)
	}
}

// session reads with one client, until ctx ends, or what it reads has changed under it: then it returns nil where the
// next session can begin at once.
func (f *Follower) session(ctx context.Context) error {
	client, err := kafkaadmin.NewClient(f.cfg.Kafka,
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.KeepControlRecords(), // So that a transaction's end is a position that was reached.
		kgo.ConsumeResetOffset(kgo.NoResetOffset()),
		kgo.RetryTimeout(listTime),
	)
	if err != nil {
		return err
	}
	defer client.Close()
	found, err := list(ctx, client, f.cfg.Handler.Topics())
	if err != nil {
		return err
	}
	if err := f.place(ctx, found); err != nil {
		return err
	}
	from := map[string]map[int32]kgo.Offset{}
	for p, at := range f.positions {
		if from[p.Topic] == nil {
			from[p.Topic] = map[int32]kgo.Offset{}
		}
		from[p.Topic][p.Partition] = kgo.NewOffset().At(at)
	}
	client.AddConsumePartitions(from)
	return f.consume(ctx, client)
}

// place asks the handler from where each partition is read.
func (f *Follower) place(ctx context.Context, found Extents) error {
	for topic, id := range found.IDs {
		f.recreated[topic] = f.recreated[topic] || f.ids != nil && id != f.ids[topic]
	}
	placed, err := f.cfg.Handler.Place(ctx, Placement{Found: found, At: f.positions, Recreated: f.recreated})
	if err != nil {
		return err
	}
	if f.positions == nil || placed.Anew {
		f.targets = found.Ends()
		f.wait(placed.From.Behind(f.targets))
	}
	maps.DeleteFunc(f.targets, func(p kadm.Partition, _ int64) bool {
		_, there := found.Of[p]
		return !there
	})
	f.positions, f.ids, f.pending = placed.From, found.IDs, Extents{}
	clear(f.recreated)
	f.looked(found)
	f.note(ctx)
	return nil
}
