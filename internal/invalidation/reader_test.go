package invalidation_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/invalidation"
)

// Memory is empty at first: nothing older matters to it. What comes then is applied, of each partition.
func TestBeginsAtTheEnd(t *testing.T) {
	onEach(t, func(w *world) {
		w.publish(0, "old")
		h := &handler{topic: w.topic}
		r, _ := w.read(h, nil)
		w.await("placed", r.Placed())
		w.await("caught up", r.Caught())
		w.publish(0, "a")
		w.publish(1, "b")
		w.until("both records are applied", func() bool { return h.all() == "a b" })
	})
}

// Tiers that outlive the process continue where the one furthest behind was left. Events wait until that is done.
func TestGoesOnFromTheOldestTier(t *testing.T) {
	onEach(t, func(w *world) {
		t := w.t
		w.publish(0, "0", "1", "2")
		w.publish(1, "3", "4")
		h := &handler{topic: w.topic, held: make(chan struct{})}
		older, newer := newTier(w, 1, 2), newTier(w, 3, 1)
		r, _ := w.read(h, nil, older, newer)
		w.await("placed", r.Placed())
		w.until("it is known how far it is behind", func() bool { return r.Status().Behind == 3 })
		select {
		case <-r.Caught():
			t.Error("caught up though nothing was applied")
		default:
		}
		close(h.held)
		w.await("caught up", r.Caught())
		if got := h.all(); got != "1 2 4" {
			t.Errorf("applied: %s; want 1 2 4", got)
		}
		for _, tier := range []*tier{older, newer} {
			w.until("its positions are saved", func() bool { return tier.state() == "cleared 0, at map[0:3 1:2]" })
		}
		if s := r.Status(); s.Waiting || s.Behind != 0 {
			t.Errorf("status: %+v", s)
		}
	})
}

// Positions are those of what was applied. What was read when the process ended is read again.
func TestPositionsAreOfWhatWasApplied(t *testing.T) {
	onEach(t, func(w *world) {
		t := w.t
		tier := newTier(w, 0, 0)
		held := &handler{topic: w.topic, held: make(chan struct{})}
		r, stop := w.read(held, nil, tier)
		w.await("placed", r.Placed())
		w.publish(0, "a", "b")
		stop()
		if got := tier.state(); got != "cleared 0, at map[0:0 1:0]" {
			t.Errorf("the tier: %s; nothing was applied", got)
		}
		h := &handler{topic: w.topic}
		r, stop = w.read(h, nil, tier)
		w.await("caught up", r.Caught())
		w.until("positions are saved", func() bool { return tier.state() == "cleared 0, at map[0:2 1:0]" })
		stop()
		if got := h.all(); got != "a b" {
			t.Errorf("applied: %s; want a b", got)
		}
	})
}

// The end of a partition may be the mark of a transaction, or records of one that was aborted.
func TestCatchesUpBehindTransactions(t *testing.T) {
	onEach(t, func(w *world) {
		t := w.t
		w.transaction(kgo.TryCommit, "committed")
		w.transaction(kgo.TryAbort, "aborted")
		h, tier := &handler{topic: w.topic}, newTier(w, 0, 0)
		r, _ := w.read(h, nil, tier)
		w.await("caught up", r.Caught())
		if got := h.all(); got != "committed" {
			t.Errorf("applied: %s; want committed", got)
		}
		w.until("the mark is in the positions", func() bool { return tier.state() == "cleared 0, at map[0:4 1:0]" })
		w.until("there is no lag", func() bool { return r.Status().Lag[w.topic] == 0 })
	})
}

func (w *world) transaction(how kgo.TransactionEndTry, value string) {
	w.t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(w.broker), kgo.TransactionalID(w.topic), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		w.t.Fatal(err)
	}
	defer client.Close()
	err = client.BeginTransaction()
	err = errors.Join(err, client.ProduceSync(w.t.Context(), &kgo.Record{Topic: w.topic, Value: []byte(value)}).FirstErr())
	if err := errors.Join(err, client.EndTransaction(w.t.Context(), how)); err != nil {
		w.t.Fatal(err)
	}
}

func TestFindsNewPartitions(t *testing.T) {
	onEach(t, func(w *world) {
		t := w.t
		h, tier := &handler{topic: w.topic}, newTier(w, 0, 0)
		r, _ := w.read(h, nil, tier)
		w.await("caught up", r.Caught())
		if _, err := w.admin.CreatePartitions(t.Context(), 1, w.topic); err != nil {
			t.Fatal(err)
		}
		w.publish(2, "c")
		w.publish(0, "a")
		w.until("both records are applied", func() bool { return h.all() == "a c" })
		w.until("positions are saved", func() bool { return tier.state() == "cleared 0, at map[0:1 1:0 2:1]" })
	})
}

// A partition that was added while nothing ran has only what is new.
func TestReadsPartitionsThatWereAddedMeanwhile(t *testing.T) {
	onEach(t, func(w *world) {
		t := w.t
		w.publish(1, "b")
		h := &handler{topic: w.topic}
		r, _ := w.read(h, nil, newTier(w, 0))
		w.await("caught up", r.Caught())
		if got := h.all(); got != "b" {
			t.Errorf("applied: %s; want b", got)
		}
	})
}

func TestWrongConfiguration(t *testing.T) {
	t.Parallel()
	r := invalidation.NewReader(invalidation.ReaderConfig{Kafka: consumer.Kafka{Brokers: []string{"kafka"}}, Handler: &handler{}})
	if err := r.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "not host:port") {
		t.Errorf("Run = %v", err)
	}
}
