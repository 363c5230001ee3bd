package metrics

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/consumer"
)

// LagConfig says what Lag measures. Zero values are defaults.
type LagConfig struct {
	// Kafka says how the cluster is reached.
	Kafka consumer.Kafka
	// Group is the consumer group. Required.
	Group string
	// ClientID is the client ID of the members that are this process's, and of no other. Required.
	ClientID string
	// Status says what the workers are doing. Required.
	Status func() []loaderline.WorkerStatus
	// Every is the time between two questions to the cluster, and the most that one may take. Defaults to 5 s. The first
	// partitions of this process are known sooner than that.
	Every time.Duration
	// Logger receives the reasons for which the cluster could not be asked, at debug level. Defaults to none.
	Logger *slog.Logger
}

// Lag is how far the group is behind in the partitions of this process: the distance from the committed offset to the
// end. It is asked for in the background, so that it goes on growing while nothing is polled, and a scrape never waits
// for Kafka. Register it and Run it. It is safe for concurrent use.
type Lag struct {
	cfg              LagConfig
	records, seconds *prometheus.Desc

	mu     sync.Mutex
	states map[partition]state
}

type partition struct {
	topic  string
	number int32
}

// state is a partition when the cluster was last asked.
type state struct {
	committed, end int64
	since          time.Time // when it was first seen behind; zero where it is not
	still          time.Time // when it was first seen as it is
	// idle says that nothing moves though the loops turn. What is left then are transaction markers or aborted records:
	// nobody is waiting for those.
	idle bool
}

// A loop without work turns about every second, and one that is at work does not. Where it turned within lively, and
// nothing has moved for quiet, there was nothing to poll.
const (
	lively = 2 * time.Second
	quiet  = 3 * time.Second
)

// Until a partition is known the cluster is asked each soon, for settling after a worker has joined: then partitions
// are about to be assigned, unless others have them all.
const (
	soon     = 250 * time.Millisecond
	settling = 10 * time.Second
)

// NewLag makes a Lag that knows of no partition yet.
func NewLag(cfg LagConfig) *Lag {
	if cfg.Every == 0 {
		cfg.Every = 5 * time.Second
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return &Lag{
		cfg:     cfg,
		records: describe("consumer_lag_records", "Offsets between the group's committed one and the end, in the partitions of this process. Transaction markers count.", "topic", "partition"),
		seconds: describe("consumer_lag_seconds", "Age of the newest record that was polled, where more is to be done; 0 where nothing is.", "topic", "partition"),
		states:  map[partition]state{},
	}
}

// Run asks the cluster until ctx ends. A cluster that does not answer is asked again; the error is one of configuration.
func (l *Lag) Run(ctx context.Context) error {
	opts, err := l.cfg.Kafka.Options()
	if err != nil {
		return err
	}
	client, err := kgo.NewClient(opts...)
	if err != nil {
		return fmt.Errorf("measure the lag: %w", err)
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	tick := time.NewTicker(min(l.cfg.Every, soon))
	defer tick.Stop()
	var asked, joined time.Time
	members := 0
	for {
		if n := l.members(); n != members {
			members, joined = n, time.Now()
		}
		if time.Since(asked) >= l.cfg.Every || members > 0 && !l.known() && time.Since(joined) < settling {
			asked = time.Now()
			if err := l.refresh(ctx, admin); err != nil && ctx.Err() == nil {
				l.cfg.Logger.LogAttrs(ctx, slog.LevelDebug, "the lag is not known", slog.Any("error", err))
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// members is how many workers are in the group.
func (l *Lag) members() int {
	n := 0
	for _, w := range l.cfg.Status() {
		if w.Joined {
			n++
		}
	}
	return n
}

// known says whether a partition of this process is known.
func (l *Lag) known() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.states) > 0
}

// refresh compares the committed offsets with the ends.
func (l *Lag) refresh(ctx context.Context, admin *kadm.Client) error {
	ctx, cancel := context.WithTimeout(ctx, l.cfg.Every)
	defer cancel()
	asked := time.Now()
	groups, err := admin.Lag(ctx, l.cfg.Group)
	if err != nil {
		return err
	}
	group := groups[l.cfg.Group]
	if err := group.Error(); errors.Is(err, kerr.GroupIDNotFound) {
		return nil // Nobody has joined it yet.
	} else if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch group.State {
	case "Stable", "Empty", "Dead":
	default:
		return nil // Nobody holds a partition in a rebalance; what was known stands.
	}
	turning := l.turning()
	before := l.states
	l.states = map[partition]state{}
	for _, lag := range group.Lag.Sorted() {
		if lag.Member == nil || lag.Member.ClientID != l.cfg.ClientID {
			continue
		}
		p := partition{lag.Topic, lag.Partition}
		old, known := before[p]
		switch {
		case lag.Err == nil && lag.Commit.At >= 0:
			l.states[p] = old.next(lag.Commit.At, lag.End.Offset, asked, turning)
		case known:
			l.states[p] = old
		}
	}
	return nil
}

// next is the state after s, which may be the zero state.
func (s state) next(committed, end int64, now time.Time, turning bool) state {
	end = max(end, committed)
	if committed != s.committed || end != s.end {
		s.committed, s.end, s.still = committed, end, now
	}
	switch {
	case end == committed:
		s.since = time.Time{}
	case s.since.IsZero():
		s.since = now
	}
	s.idle = turning && now.Sub(s.still) >= quiet
	return s
}

// turning says whether all loops have turned just now, and none waits for a source.
func (l *Lag) turning() bool {
	for _, w := range l.cfg.Status() {
		if w.Paused != "" || time.Since(w.Turned) > lively {
			return false
		}
	}
	return true
}

// Describe implements prometheus.Collector.
func (l *Lag) Describe(to chan<- *prometheus.Desc) {
	to <- l.records
	to <- l.seconds
}

// Collect implements prometheus.Collector.
func (l *Lag) Collect(to chan<- prometheus.Metric) {
	newest := map[partition]time.Time{}
	for _, w := range l.cfg.Status() {
		for _, lag := range w.Lag {
			newest[partition{lag.Topic, lag.Partition}] = lag.Newest
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for p, s := range l.states {
		age := 0.0
		if s.end > s.committed && !s.idle {
			from, polled := newest[p]
			if !polled {
				from = s.since
			}
			age = max(time.Since(from).Seconds(), 0)
		}
		number := strconv.Itoa(int(p.number))
		to <- prometheus.MustNewConstMetric(l.records, prometheus.GaugeValue, float64(s.end-s.committed), p.topic, number)
		to <- prometheus.MustNewConstMetric(l.seconds, prometheus.GaugeValue, age, p.topic, number)
	}
}
