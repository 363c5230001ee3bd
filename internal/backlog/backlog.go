// Package backlog watches how far a group is behind in the partitions of this process, and says why nothing is committed
// where records wait.
package backlog

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/kafkaadmin"
	"github.com/loaderline/loaderline/internal/opentxn"
)

// Config says what is watched. Zero values are defaults.
type Config struct {
	// Kafka says how the cluster is reached.
	Kafka consumer.Kafka
	// Group is the consumer group. Required.
	Group string
	// Topics are the topics that the group consumes. Required.
	Topics []string
	// ClientID is the client ID of this process's members, and of no other. Required.
	ClientID string
	// Status says what the workers are doing. Required.
	Status func() []loaderline.WorkerStatus
	// Every is the time between two questions to the cluster. It is also the most time that one may take, but at least 2 s.
	// Defaults to 5 s. The first partitions of this process are known sooner than that.
	Every time.Duration
	// Patience is how long records must wait without a commit before that is a stall. A transaction of another producer
	// must be open for a third of it before it is named as the reason. Defaults to 30 s.
	Patience time.Duration
	// Logger receives the reasons for which the cluster could not be asked, at debug level. Defaults to none.
	Logger *slog.Logger
}

// Watch asks the cluster in the background. So its knowledge stays current while nothing is polled, and its callers never
// wait for Kafka. Call Run. It is safe for concurrent use.
type Watch struct {
	cfg Config

	mu       sync.Mutex
	began    time.Time // when Run did; zero before
	answered time.Time // when the cluster last was asked with success; zero before
	err      error     // of the last question; nil where it was answered
	states   map[kadm.Partition]Partition
	answers  []snapshot // the last ones
}

// Partition is a partition of this process when the cluster was last asked: this process has it, or had it last, or no
// member has it.
type Partition struct {
	Topic          string
	Number         int32
	Committed, End int64
	// Since is when it was first seen behind, or last with nothing but markers; zero if it is not behind.
	Since time.Time
	// Moved is when its committed offset was first seen as it is.
	Moved time.Time
	// Owned reports whether a member of this process has it.
	Owned bool
	// Waiting is true if records wait, or if nobody can tell. It is false if only markers of transactions and aborted
	// records are left: nobody waits for them.
	Waiting bool
	// Blocked is the transaction that the records wait for; nil where none is.
	Blocked *opentxn.Transaction

	idled  bool      // no record waited at some time before Since
	still  time.Time // when it was first seen as it is
	stable int64     // the last stable offset for which there was nothing but markers; -1 where it is not known
	last   int64     // the last stable offset
	empty  int64     // there is no record between the committed offset and this one
	found  int64     // the committed offset for which a record was found to wait; -1 where it is not known
}

// Until a partition is known, the cluster is asked every soon, for as long as settling after a worker has joined:
// partitions are about to be assigned then, unless others have them all.
const (
	soon     = 250 * time.Millisecond
	settling = 10 * time.Second
)

// stale is the number of intervals without an answer after which the last knowledge no longer counts.
const stale = 3

// New makes a Watch that knows of no partition yet.
func New(cfg Config) *Watch {
	if cfg.Every == 0 {
		cfg.Every = 5 * time.Second
	}
	if cfg.Patience == 0 {
		cfg.Patience = 30 * time.Second
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return &Watch{cfg: cfg, states: map[kadm.Partition]Partition{}}
}

// Run asks the cluster until ctx ends. A cluster that does not answer is asked again; the error is one of configuration.
func (w *Watch) Run(ctx context.Context) error {
	client, err := kafkaadmin.NewClient(w.cfg.Kafka)
	if err != nil {
		return err
	}
	defer client.Close()
	w.mu.Lock()
	w.began = time.Now()
	w.mu.Unlock()
	tick := time.NewTicker(min(w.cfg.Every, soon))
	defer tick.Stop()
	var asked, joined time.Time
	members := 0
	for {
		if n := w.members(); n != members {
			members, joined = n, time.Now()
		}
		if time.Since(asked) >= w.cfg.Every || members > 0 && !w.known() && time.Since(joined) < settling {
			asked = time.Now()
			err := w.refresh(ctx, client)
			if err != nil && ctx.Err() == nil {
				w.cfg.Logger.LogAttrs(ctx, slog.LevelDebug, "the lag is not known", slog.Any("error", err))
			}
			w.settle(asked, err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// settle notes how a question ended.
func (w *Watch) settle(asked time.Time, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err = err; err == nil {
		w.answered = asked
	}
}

// members is how many workers are in the group.
func (w *Watch) members() int {
	n := 0
	for _, worker := range w.cfg.Status() {
		if worker.Joined {
			n++
		}
	}
	return n
}

// known reports whether a partition of this process is known.
func (w *Watch) known() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.states) > 0
}

// Answered reports whether the cluster was asked with success lately.
func (w *Watch) Answered() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.fresh()
}

func (w *Watch) fresh() bool {
	return !w.answered.IsZero() && time.Since(w.answered) <= stale*w.cfg.Every
}

// Partitions returns the partitions of this process, in no order. If the cluster could not be asked lately, it returns only
// the partitions that were behind: nobody knows about the others.
func (w *Watch) Partitions() []Partition {
	w.mu.Lock()
	defer w.mu.Unlock()
	fresh := w.fresh()
	all := make([]Partition, 0, len(w.states))
	for _, p := range w.states {
		if fresh || p.End > p.Committed {
			all = append(all, p)
		}
	}
	return all
}
