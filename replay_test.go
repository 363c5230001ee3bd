package loaderline_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/deadletterlimit"
	"github.com/loaderline/loaderline/internal/replaystate"
	"github.com/loaderline/loaderline/replay"
)

func TestReplayOfRanges(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	b.createTopics("again", "again-dead")
	b.partition(0, 3000)
	b.partition(1, 100)
	b.partition(3, 100)
	want := map[int32]replay.Range{0: {From: 1000, To: 2000}, 1: {From: 40, To: 100}, 2: {From: 0, To: 0}}
	cfg := plain(b)
	cfg.Consumer.MaxRecords = 100
	var records atomic.Int64
	cfg.OnCommit = func(tally loaderline.Tally) { records.Add(int64(tally.Records)) }
	status, err := runReplay(t, cfg, replay.Config{ID: "a", Ranges: ranges(want), Into: "again"})
	if err != nil || !status.Finished() {
		t.Fatalf("finished %t, error %v", status.Finished(), err)
	}
	if diff := cmp.Diff(wanted(want), b.sources("again", 1060)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if records.Load() != 1060 {
		t.Errorf("%d records were committed", records.Load())
	}
	for _, r := range b.read("again", 1060) {
		if header(r, "loaderline.replay") != "a" {
			t.Fatalf("headers %v", r.Headers)
		}
	}
	if b.committed() != 0 || b.size("out") != 0 {
		t.Error("the pipeline's own group or topic was touched")
	}
	t.Run("again", func(t *testing.T) {
		before := b.size("again")
		status, err := runReplay(t, cfg, replay.Config{ID: "a", Into: "again"})
		if err != nil || !status.Finished() || b.size("again") != before {
			t.Errorf("finished %t, error %v, %d offsets more", status.Finished(), err, b.size("again")-before)
		}
	})
	t.Run("with another range", func(t *testing.T) {
		_, err := runReplay(t, cfg, replay.Config{ID: "a", Ranges: ranges(map[int32]replay.Range{0: {To: 1}}), Into: "again"})
		if _, ok := errors.AsType[*replaystate.ChangedError](err); !ok {
			t.Errorf("got %v", err)
		}
	})
	t.Run("into another topic", func(t *testing.T) {
		_, err := runReplay(t, cfg, replay.Config{ID: "a"})
		if _, ok := errors.AsType[*replaystate.ChangedError](err); !ok {
			t.Errorf("got %v", err)
		}
	})
}

func TestReplayGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	b.createTopics("again", "again-dead")
	b.partition(0, 2000)
	cfg := plain(b)
	cfg.Consumer.MaxRecords = 50
	want := map[int32]replay.Range{0: {From: 100, To: 1900}}
	r := replay.Config{ID: "a", Ranges: ranges(want), Into: "again"}
	for runs := 0; ; runs++ {
		ctx, cancel := context.WithCancel(t.Context())
		begun := int64(-1)
		var first replay.Status
		r.OnProgress = func(s replay.Status) {
			done, _ := s.Offsets()
			if begun < 0 {
				begun, first = done, s
			}
			if done > begun+500 {
				cancel()
			}
		}
		p, err := loaderline.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		status, err := p.Replay(ctx, r)
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		if done, _ := first.Offsets(); done != begun {
			t.Errorf("the first status has become %d offsets, after %d", done, begun)
		}
		if status.Finished() {
			if runs < 2 {
				t.Errorf("finished in run %d", runs)
			}
			break
		}
		r.Ranges = nil
	}
	if diff := cmp.Diff(wanted(want), b.sources("again", 1800)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestReplayDeadLetters(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	b.createTopics("again", "again-dead")
	b.partition(0, 100)
	r := replay.Config{ID: "a", Ranges: ranges(map[int32]replay.Range{0: {To: 100}}), Into: "again"}
	if _, err := runReplay(t, numbers(b, doubles), r); err != nil {
		t.Fatal(err)
	}
	for _, dead := range b.read("again-dead", 20) {
		if header(dead, "loaderline.replay") != "a" || header(dead, "loaderline.error.kind") == "" {
			t.Fatalf("headers %v", dead.Headers)
		}
	}
	t.Run("beyond the limit", func(t *testing.T) {
		cfg := numbers(b, doubles)
		cfg.DeadLetterLimit, cfg.DeadLetterWindow, cfg.Consumer.MaxRecords = 0.1, 20, 20
		r.ID = "b"
		for range 2 {
			status, err := runReplay(t, cfg, r)
			if _, ok := errors.AsType[*deadletterlimit.ExceededError](err); !ok || status.Finished() {
				t.Errorf("got %v", err)
			}
		}
	})
}

// The end of a range may be a marker, or records of an aborted transaction.
func TestReplayEndsAtMarkers(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]kgo.TransactionEndTry{"of a commit": kgo.TryCommit, "of an abort": kgo.TryAbort} {
		t.Run(name, func(t *testing.T) {
			b := newBroker(t)
			b.partition(0, 10)
			b.transact(end, &kgo.Record{Topic: "in", Partition: 0, Value: []byte("1")})
			cfg := numbers(b, doubles)
			status, err := runReplay(t, cfg, replay.Config{ID: "a", Ranges: ranges(map[int32]replay.Range{0: {From: 2, To: 12}})})
			if err != nil || !status.Finished() {
				t.Fatalf("finished %t, error %v", status.Finished(), err)
			}
			kept, err := loaderline.FindReplay(t.Context(), cfg.Consumer.Kafka, "g", "a")
			if err != nil || !kept.Finished() {
				t.Errorf("kept as finished %t, error %v", kept.Finished(), err)
			}
		})
	}
}

func TestReplayOfWhatRetentionRemoved(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	b.partition(0, 100)
	offsets := kadm.Offsets{}
	offsets.AddOffset("in", 0, 50, -1)
	if _, err := kadm.NewClient(b.client).DeleteRecords(t.Context(), offsets); err != nil {
		t.Fatal(err)
	}
	_, err := runReplay(t, plain(b), replay.Config{ID: "a", Ranges: ranges(map[int32]replay.Range{0: {From: 40, To: 60}})})
	removed, ok := errors.AsType[*replaystate.RemovedError](err)
	if !ok {
		t.Fatalf("got %v", err)
	}
	if removed.Start != 50 || removed.Partition != 0 {
		t.Errorf("got %+v", removed)
	}
	if b.size("out") > 0 {
		t.Error("something was published")
	}
	kept, err := loaderline.FindReplay(t.Context(), consumer.Kafka{Brokers: b.cluster.ListenAddrs()}, "g", "a")
	if err != nil || kept.Ranges != nil {
		t.Errorf("kept %v, error %v", kept.Ranges, err)
	}
}
