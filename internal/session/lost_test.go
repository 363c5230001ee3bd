package session_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/loaderline/loaderline/internal/session"
)

// TestCommitOfALostMember has a member that learns of its end while it holds a batch. The client can neither tell the
// transaction so before the batch is done with, nor end the transaction of a member that sends no heartbeats: it is
// given up once the broker's time for it is over, however long a commit may take.
func TestCommitOfALostMember(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.publish(0, 10, 1)
	cfg := w.config()
	cfg.SessionTimeout = 5 * time.Second
	cfg.RebalanceGrace = time.Millisecond
	cfg.TransactionTimeout = time.Second
	cfg.CommitTimeout = time.Hour
	s := w.open(cfg)
	batch := poll(t, s)
	work, done := s.Working(t.Context())
	w.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Heartbeat}, Err: kerr.UnknownMemberID, TopLevel: true})
	<-work.Done()
	done()

	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ok, err := s.Commit(ctx, echo(batch))
	if ok || err != nil && !session.Recoverable(err) || ctx.Err() != nil {
		t.Fatalf("commit: %t, %v; its context: %v", ok, err, ctx.Err())
	}
	if err != nil { // Else the client has heard of it just in time, and joins again.
		_ = s.Close(t.Context()) // It is no member any more.
		s = w.open(cfg)
	}
	if diff := cmp.Diff(values(batch), values(poll(t, s))); diff != "" {
		t.Errorf("polled again (-want +got):\n%s", diff)
	}
}
