package topicfollow_test

import (
	"context"
	"errors"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/topicfollow"
)

const (
	topic    = "users"
	patience = time.Minute
)

// world is a broker with a topic of one partition, and the handler of what is read.
type world struct {
	t      *testing.T
	broker string
	client *kgo.Client
	admin  *kadm.Client

	mu      sync.Mutex
	seen    []string
	placed  int
	anew    bool  // what was read does not count
	refuse  error // what Place returns
	stop    error // what Apply returns
	current time.Time
}

func newWorld(t *testing.T) *world {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, topic))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	w := &world{t: t, broker: cluster.ListenAddrs()[0]}
	if w.client, err = kgo.NewClient(kgo.SeedBrokers(w.broker), kgo.DefaultProduceTopic(topic)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.client.Close)
	w.admin = kadm.NewClient(w.client)
	return w
}

func (w *world) publish(values ...string) {
	w.t.Helper()
	for _, v := range values {
		if err := w.client.ProduceSync(w.t.Context(), kgo.StringRecord(v)).FirstErr(); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *world) Topics() []string { return []string{topic} }

// Place reads a topic whole, and again if it is told to.
func (w *world) Place(_ context.Context, was topicfollow.Placement) (topicfollow.Placed, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.placed++
	if w.refuse != nil {
		return topicfollow.Placed{}, w.refuse
	}
	if was.At == nil || w.anew {
		w.seen = nil
		return topicfollow.Placed{From: was.Found.Starts(), Anew: true}, nil
	}
	from := was.Found.Starts()
	maps.Copy(from, was.At)
	return topicfollow.Placed{From: from}, nil
}

func (w *world) Apply(_ context.Context, records []*kgo.Record) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range records {
		w.seen = append(w.seen, string(r.Value))
	}
	return w.stop
}

func (w *world) Applied(_ context.Context, _ topicfollow.Positions, current time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !current.IsZero() {
		w.current = current
	}
}

// do does something under the lock.
func (w *world) do(what func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	what()
}

func (w *world) until(what string, holds func() bool) {
	w.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		var now bool
		w.do(func() { now = holds() })
		if now {
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("it never came to this: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// follow runs a Follower until the test ends. Its error comes when it ends before.
func (w *world) follow(cfg topicfollow.Config) (*topicfollow.Follower, <-chan error) {
	w.t.Helper()
	cfg.Kafka, cfg.Handler, cfg.Every = consumer.Kafka{Brokers: []string{w.broker}}, w, 20*time.Millisecond
	f := topicfollow.New(cfg)
	ctx, cancel := context.WithCancel(w.t.Context())
	ended := make(chan error, 1)
	var group sync.WaitGroup
	group.Go(func() { ended <- f.Run(ctx) })
	w.t.Cleanup(func() {
		cancel()
		group.Wait()
	})
	return f, ended
}

func TestReadsWholeAndFollows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.publish("a", "b")
	var statuses []topicfollow.Status
	f, _ := w.follow(topicfollow.Config{OnStatus: func(_ context.Context, s topicfollow.Status) {
		w.do(func() { statuses = append(statuses, s) })
	}})
	<-f.Caught()
	w.until("both are applied", func() bool { return strings.Join(w.seen, " ") == "a b" })
	first := statuses[0]
	if !first.Waiting || first.Behind != 2 || first.Total != 2 {
		t.Errorf("the first status: %+v", first)
	}
	published := time.Now()
	w.publish("c")
	w.until("it is current after the record", func() bool { return w.current.After(published) && len(w.seen) == 3 })
	if s := f.Status(); s.Waiting || s.Behind != 0 || s.Lag[topic] != 0 {
		t.Errorf("status %+v", s)
	}
}

// What is read anew is waited for again.
func TestWaitsAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.publish("a", "b", "c")
	waited := 0
	waiting := false
	f, _ := w.follow(topicfollow.Config{OnStatus: func(_ context.Context, s topicfollow.Status) {
		w.do(func() {
			if s.Waiting && !waiting {
				waited++
			}
			waiting = s.Waiting
		})
	}})
	<-f.Caught()
	w.do(func() { w.anew = true })
	if _, err := w.admin.CreatePartitions(t.Context(), 1, topic); err != nil { // Reading begins again.
		t.Fatal(err)
	}
	w.until("it is read anew", func() bool { return waited == 2 && !waiting })
}

// An error of Place is tried again, and one of Apply that says so ends the reading.
func TestErrorsOfTheHandler(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.refuse = errors.New("not now")
	var troubles []error
	f, ended := w.follow(topicfollow.Config{OnTrouble: func(_ context.Context, err error) {
		w.do(func() { troubles = append(troubles, err) })
	}})
	w.until("it is tried again", func() bool { return w.placed > 1 && errors.Is(troubles[0], w.refuse) })
	w.do(func() { w.refuse = nil })
	<-f.Caught()
	w.until("the end of the trouble is said", func() bool { return troubles[len(troubles)-1] == nil })
	full := errors.New("full")
	w.do(func() { w.stop = &topicfollow.StopError{Err: full} })
	w.publish("a")
	if err := <-ended; !errors.Is(err, full) {
		t.Errorf("Run = %v", err)
	}
}
