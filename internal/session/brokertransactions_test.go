package session_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/session"
)

// TestSameInstanceTwice opens two sessions with one identity: the older one
// is told that it is fenced, and publishes nothing.
func TestSameInstanceTwice(t *testing.T) {
	t.Parallel()
	w, cfg, out := realWorld(t, 1)
	publishTo(t, w, cfg.Topics[0], 0, 20, 1)
	older := w.open(cfg)
	held := poll(t, older)
	newer := w.open(cfg)
	ok, err := older.Commit(t.Context(), echoTo(out, held))
	if ok || !errors.Is(err, consumer.ErrFenced) || !session.Recoverable(err) {
		t.Fatalf("commit of the older session: %t, %v", ok, err)
	}
	if err := older.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	process(t, newer, out, 20)
	if diff := cmp.Diff(numbered(0, 20), w.committed(out)); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
}

// TestPredecessorsTransaction opens a session while the transaction of a
// crashed one is open: it is aborted at once, not at its timeout.
func TestPredecessorsTransaction(t *testing.T) {
	t.Parallel()
	w, cfg, out := realWorld(t, 1)
	crashed, err := kgo.NewClient(kgo.SeedBrokers(w.brokers...), kgo.TransactionTimeout(time.Minute),
		kgo.TransactionalID(cfg.Name+"/"+cfg.Instance+"/0"))
	if err != nil {
		t.Fatal(err)
	}
	defer crashed.Close()
	if err := crashed.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	if err := crashed.ProduceSync(t.Context(), &kgo.Record{Topic: out, Value: []byte("half")}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	publishTo(t, w, cfg.Topics[0], 0, 5, 1)
	began := time.Now()
	s := w.open(cfg)
	process(t, s, out, 5)
	if diff := cmp.Diff(numbered(0, 5), w.committed(out)); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("visible after %v", took)
	}
}

// TestTransactionTimeout lets the broker end a transaction that is too slow.
func TestTransactionTimeout(t *testing.T) {
	t.Parallel()
	w, cfg, out := realWorld(t, 1)
	cfg.TransactionTimeout = time.Second
	cfg.CommitTimeout = 20 * time.Second
	publishTo(t, w, cfg.Topics[0], 0, 5, 1)
	hang := hangFirstEnd{done: make(chan struct{})}
	defer close(hang.done)
	cfg.Opts = func() []kgo.Opt { return []kgo.Opt{kgo.WithHooks(&hang)} }
	s := w.open(cfg)
	batch := poll(t, s)
	hang.armed = true
	ok, err := s.Commit(t.Context(), echoTo(out, batch))
	if ok || !session.Recoverable(err) || errors.Is(err, consumer.ErrFenced) {
		t.Fatalf("commit: %t, %v", ok, err)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	cfg.Opts, cfg.TransactionTimeout = nil, 0
	next := w.open(cfg)
	process(t, next, out, 5)
	if diff := cmp.Diff(numbered(0, 5), w.committed(out)); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
}

// hangFirstEnd holds the client up once between publishing and EndTxn, for
// longer than the broker looks for slow transactions, or until the test is done.
type hangFirstEnd struct {
	armed bool
	done  chan struct{}
}

func (h *hangFirstEnd) OnProduceRecordUnbuffered(*kgo.Record, error) {
	if !h.armed {
		return
	}
	h.armed = false
	select {
	case <-time.After(12 * time.Second):
	case <-h.done:
	}
}
