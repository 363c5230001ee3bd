package session_test

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/outagetest"
	"github.com/loaderline/loaderline/internal/session"
)

// TestSessionEnds has errors of the producer, not of a record.
func TestSessionEnds(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name        string
		key         kmsg.Key
		err         *kerr.Error
		fenced      bool
		recoverable bool
	}{
		{"refused for no record's fault", kmsg.Produce, kerr.InvalidRequiredAcks, false, true},
		{"fenced while publishing", kmsg.Produce, kerr.InvalidProducerEpoch, true, true},
		{"fenced while committing offsets", kmsg.TxnOffsetCommit, kerr.ProducerFenced, true, true},
		{"fenced at the end", kmsg.EndTxn, kerr.ProducerFenced, true, true},
		{"fenced as it ends", kmsg.EndTxn, kerr.InvalidTxnState, true, true},
		{"producer forgotten", kmsg.EndTxn, kerr.InvalidProducerIDMapping, false, true},
		{"not allowed", kmsg.EndTxn, kerr.TransactionalIDAuthorizationFailed, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 1)
			w.publish(0, 10, 1)
			s := w.open(w.config())
			batch := poll(t, s)
			fault := w.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{tt.key}, Err: tt.err, Count: -1, TopLevel: tt.key == kmsg.EndTxn})
			ok, err := s.Commit(t.Context(), echo(batch))
			fault.Remove()
			if ok || err == nil {
				t.Fatalf("commit: %t, %v", ok, err)
			}
			if errors.Is(err, consumer.ErrFenced) != tt.fenced || session.Recoverable(err) != tt.recoverable {
				t.Errorf("fenced %t, recoverable %t: %v", errors.Is(err, consumer.ErrFenced), session.Recoverable(err), err)
			}
			if _, again := s.Poll(t.Context()); !errors.Is(again, tt.err) {
				t.Errorf("poll on a session that ended: %v", again)
			}
			if err := s.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			next := w.open(w.config())
			for n := 0; n < 10; {
				batch := poll(t, next)
				commit(t, next, echo(batch))
				n += len(batch)
			}
			if diff := cmp.Diff(numbered(0, 10), w.committed("out")); diff != "" {
				t.Errorf("outcomes (-want +got):\n%s", diff)
			}
		})
	}
}

// TestFencedOvertime has a transaction that took longer than the broker lets
// one last: being fenced is no sign of another process then.
func TestFencedOvertime(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		slow    time.Duration
		because error
		not     error
	}{
		{"in time", 0, consumer.ErrFenced, consumer.ErrTransactionTimeout},
		{"overtime", 1100 * time.Millisecond, consumer.ErrTransactionTimeout, consumer.ErrFenced},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 1)
			w.publish(0, 1, 1)
			cfg := w.config()
			cfg.TransactionTimeout = time.Second
			cfg.Opts = func() []kgo.Opt { return []kgo.Opt{kgo.WithHooks(slowOffsets(tt.slow))} }
			s := w.open(cfg)
			batch := poll(t, s)
			w.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.EndTxn}, Err: kerr.ProducerFenced, TopLevel: true})
			ok, err := s.Commit(t.Context(), echo(batch))
			if ok || !errors.Is(err, tt.because) || errors.Is(err, tt.not) || !session.Recoverable(err) {
				t.Errorf("commit: %t, %v", ok, err)
			}
		})
	}
}

// slowOffsets is how late the response to an offset commit of a transaction is.
type slowOffsets time.Duration

func (d slowOffsets) OnBrokerRead(_ kgo.BrokerMetadata, key int16, _ int, _, _ time.Duration, _ error) {
	if key == int16(kmsg.TxnOffsetCommit) {
		time.Sleep(time.Duration(d))
	}
}

// TestCommitEndsWithItsContext has brokers that went away.
func TestCommitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	eachDelivery(t, 1, 10, func(w *world, cfg session.Config) {
		t := w.t
		o := &outagetest.Outage{Dial: outagetest.Refuse, Attempts: math.MaxInt}
		cfg.Opts = o.Options
		s := w.open(cfg)
		batch := poll(t, s)
		o.Begin()
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		began := time.Now()
		ok, err := s.Commit(ctx, echo(batch))
		if ok || !session.Recoverable(err) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("commit: %t, %v", ok, err)
		}
		if err := s.Close(ctx); err == nil || !session.Recoverable(err) {
			t.Errorf("close: %v", err)
		}
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}
