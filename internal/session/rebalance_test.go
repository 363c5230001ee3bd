package session_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/session"
)

// workers are members of the group.
type workers struct {
	*world

	visited atomic.Int64 // The records that others than the steady one have committed.
}

// work takes batches until ctx ends. It opens another session where one is lost, as on a busy machine. A member that crashes
// does not leave the group, and does not commit its last batch.
func (w *workers) work(ctx context.Context, instance string, crash bool) error {
	for ctx.Err() == nil {
		if err := w.session(ctx, instance, crash); err != nil && !session.Recoverable(err) {
			return err
		}
	}
	return nil
}

func (w *workers) session(ctx context.Context, instance string, crash bool) (err error) {
	cfg := w.config()
	cfg.Instance, cfg.MaxRecords = instance, 40
	cfg.SessionTimeout = 1500 * time.Millisecond
	s, err := session.Open(ctx, cfg)
	if ctx.Err() != nil && err != nil {
		return nil // It has ended before it was opened.
	}
	if err != nil {
		return err
	}
	defer func() {
		if crash {
			_ = s.Close(ctx) // It has ended, so the group is not told.
			return
		}
		err = errors.Join(err, s.Close(context.WithoutCancel(ctx)))
	}()
	for ctx.Err() == nil {
		batch, err := s.Poll(ctx)
		if err != nil && ctx.Err() == nil {
			return err
		}
		if len(batch) == 0 {
			continue
		}
		time.Sleep(15 * time.Millisecond) // A lookup.
		if crash && ctx.Err() != nil {
			return nil
		}
		ok, err := s.Commit(context.WithoutCancel(ctx), echo(batch))
		if err != nil {
			return err
		}
		if ok && instance != "steady" {
			w.visited.Add(int64(len(batch)))
		}
	}
	return nil
}

// processed returns the sum of the group's committed offsets.
func (w *workers) processed(ctx context.Context) (sum int64) {
	offsets, err := w.admin.FetchOffsets(ctx, "g")
	if err != nil && !errors.Is(err, kerr.GroupIDNotFound) && ctx.Err() == nil { // Nobody has joined yet.
		w.t.Fatal(err)
	}
	offsets.Each(func(o kadm.OffsetResponse) { sum += o.At })
	return sum
}

// TestRebalanceKeepsOneOutcome has members that come and go while one stays.
// Every other one leaves without a word, with a batch in its hands.
func TestRebalanceKeepsOneOutcome(t *testing.T) {
	t.Parallel()
	const records, partitions = 8000, 4
	w := newWorld(t, partitions)
	w.publish(0, records, partitions)
	group := workers{world: w}
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	var steady sync.WaitGroup
	steady.Go(func() {
		if err := group.work(ctx, "steady", false); err != nil {
			t.Errorf("steady: %v", err)
		}
	})
	for i := 0; group.processed(ctx) < records && ctx.Err() == nil; i++ {
		visit, leave := context.WithCancel(ctx)
		stay := time.AfterFunc(700*time.Millisecond, leave)
		if err := group.work(visit, fmt.Sprint("visitor", i), i%2 == 1); err != nil && ctx.Err() == nil {
			t.Errorf("visitor: %v", err)
		}
		stay.Stop()
		leave()
	}
	cancel()
	steady.Wait()
	if group.visited.Load() == 0 {
		t.Error("no visitor did any work")
	}
	if diff := cmp.Diff(numbered(0, records), sorted(w.committed("out"))); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
}

// TestRebalanceEndsWork has a second member that waits for a long lookup.
func TestRebalanceEndsWork(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	w.publish(0, 20, 2)
	cfg := w.config()
	cfg.SessionTimeout, cfg.RebalanceGrace = 3*time.Second, 200*time.Millisecond
	first := w.open(cfg)
	poll(t, first)
	cfg.Instance = "two"
	second := w.open(cfg)

	lookup, cancel := first.Working(t.Context())
	defer cancel()
	select {
	case <-lookup.Done():
	case <-time.After(patience):
		t.Fatal("the work continues")
	}
	if cause := context.Cause(lookup); !errors.Is(cause, session.ErrRebalance) {
		t.Fatalf("the work ended for %v", cause)
	}
	if err := first.GiveBack(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var others sync.WaitGroup
	others.Go(func() { // The first member keeps to its half, and does nothing with it.
		for ctx.Err() == nil {
			if batch, err := first.Poll(ctx); err == nil && len(batch) > 0 {
				_ = first.GiveBack(ctx)
			}
		}
	})
	batch := poll(t, second)
	lookup, cancelSecond := second.Working(t.Context())
	if lookup.Err() != nil {
		t.Errorf("the next work ended at once: %v", context.Cause(lookup))
	}
	cancelSecond()
	commit(t, second, echo(batch))
	stop()
	others.Wait()
	if len(batch) != 10 {
		t.Errorf("the second member got %d records of 10 in its partition", len(batch))
	}
}

// TestEvictedMemberCommitsNothing holds a batch beyond the rebalance timeout.
func TestEvictedMemberCommitsNothing(t *testing.T) {
	t.Parallel()
	eachDelivery(t, 2, 20, func(w *world, cfg session.Config) {
		t := w.t
		cfg.SessionTimeout, cfg.RebalanceTimeout = time.Second, time.Second
		first := w.open(cfg)
		held := poll(t, first)
		cfg.Instance = "two"
		second := w.open(cfg)
		var got []string
		for len(got) < 20 { // It gets all once the first member is put out.
			batch := poll(t, second)
			commit(t, second, echo(batch))
			got = append(got, values(batch)...)
		}
		offsets := w.offsets()
		ok, err := first.Commit(t.Context(), echo(held))
		if ok || err != nil {
			t.Errorf("commit of a member that was put out: %t, %v", ok, err)
		}
		if diff := cmp.Diff(offsets, w.offsets()); diff != "" {
			t.Errorf("offsets (-before +after):\n%s", diff)
		}
		if diff := cmp.Diff(numbered(0, 20), sorted(w.committed("out"))); cfg.Delivery == consumer.ExactlyOnce && diff != "" {
			t.Errorf("outcomes (-want +got):\n%s", diff)
		}
	})
}
