package session_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/kafkaerr"
	"github.com/loaderline/loaderline/internal/session"
)

// TestStartIsOneMomentForAllPartitions: what is published after a group has begun
// at the latest offsets is read, by whichever member has its partition later.
func TestStartIsOneMomentForAllPartitions(t *testing.T) {
	t.Parallel()
	for _, before := range []bool{true, false} {
		t.Run(fmt.Sprintf("committed before joining %t", before), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 4)
			w.publish(0, 8, 4)
			cfg := w.config()
			cfg.Start.From = consumer.StartLatest
			if before {
				if err := session.CommitStart(t.Context(), cfg); err != nil {
					t.Fatal(err)
				}
			} else {
				first := w.open(cfg)
				w.waitForOffset(2)
				if err := first.Close(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(map[int32]int64{0: 2, 1: 2, 2: 2, 3: 2}, w.offsets()); diff != "" {
				t.Fatalf("committed (-want +got):\n%s", diff)
			}
			w.publish(8, 4, 4)
			s := w.open(cfg)
			var got []string
			for len(got) < 4 {
				batch := poll(t, s)
				commit(t, s, echo(batch))
				got = append(got, values(batch)...)
			}
			slices.Sort(got)
			if diff := cmp.Diff([]string{"r10", "r11", "r8", "r9"}, got); diff != "" {
				t.Errorf("consumed (-want +got):\n%s", diff)
			}
		})
	}
}

// TestCommitStart leaves alone what is committed, and groups that have members.
func TestCommitStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	w.publish(0, 8, 2)
	w.commitOffset(0, 1)
	cfg := w.config()
	cfg.Start.From = consumer.StartLatest
	if err := session.CommitStart(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[int32]int64{0: 1}, w.offsets()); diff != "" {
		t.Errorf("an old group (-want +got):\n%s", diff)
	}
	other := cfg
	other.Topics = []string{"out"}
	w.open(other)
	joined := cfg
	joined.Topics = []string{"in", "out"}
	if err := session.CommitStart(t.Context(), joined); err != nil {
		t.Errorf("a group with members: %v", err)
	}
	missing := cfg
	missing.Group, missing.Topics = "new", []string{"nowhere"}
	if err := session.CommitStart(t.Context(), missing); !isTopicMissing(err) {
		t.Errorf("a topic that is not there: %v", err)
	}
	none := cfg
	none.Group, none.Start.From = "none", consumer.StartNone
	if err := session.CommitStart(t.Context(), none); err != nil {
		t.Errorf("start none: %v", err)
	}
}

func isTopicMissing(err error) bool {
	_, ok := errors.AsType[*kafkaerr.TopicMissingError](err)
	return ok
}

// commitOffset commits for the group, which has no members.
func (w *world) commitOffset(partition int32, at int64) {
	w.t.Helper()
	offsets := make(kadm.Offsets)
	offsets.Add(kadm.Offset{Topic: "in", Partition: partition, At: at, LeaderEpoch: -1})
	if err := w.admin.CommitAllOffsets(w.t.Context(), "g", offsets); err != nil {
		w.t.Fatal(err)
	}
}
