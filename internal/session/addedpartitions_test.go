package session_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
)

// TestPartitionAddedLater is read from its beginning also by a group that
// started at the latest offsets.
func TestPartitionAddedLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.publish(0, 5, 1)
	cfg := w.config()
	cfg.Start.From = consumer.StartLatest
	cfg.Opts = func() []kgo.Opt { return []kgo.Opt{kgo.MetadataMaxAge(time.Second)} }
	s := w.open(cfg)
	w.waitForOffset(5)
	if _, err := w.admin.CreatePartitions(t.Context(), 1, "in"); err != nil {
		t.Fatal(err)
	}
	w.cl.ForceMetadataRefresh()
	r := &kgo.Record{Topic: "in", Partition: 1, Value: []byte("early")}
	for deadline := time.Now().Add(patience); w.cl.ProduceSync(t.Context(), r).FirstErr() != nil; {
		if time.Now().After(deadline) {
			t.Fatal("the new partition takes no records")
		}
	}
	if diff := cmp.Diff([]string{"early"}, values(poll(t, s))); diff != "" {
		t.Errorf("consumed (-want +got):\n%s", diff)
	}
}

// TestPartitionsOfAnOldGroup begin with their oldest record, whatever start says and
// whenever they were added: the group has offsets of the topic.
func TestPartitionsOfAnOldGroup(t *testing.T) {
	t.Parallel()
	starts := []consumer.Start{
		{From: consumer.StartEarliest},
		{From: consumer.StartLatest},
		{From: consumer.StartTime, Time: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)},
		{From: consumer.StartNone},
	}
	for _, start := range starts {
		for _, delivery := range deliveries() {
			t.Run(start.String()+"/"+delivery.String(), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, 3)
				w.publish(0, 9, 3)
				w.commitOffset(0, 3) // Everything of partition 0 is done.
				cfg := w.config()
				cfg.Start, cfg.Delivery = start, delivery
				s := w.open(cfg)
				var got []string
				for len(got) < 6 {
					batch := poll(t, s)
					commit(t, s, echo(batch))
					got = append(got, values(batch)...)
				}
				slices.Sort(got)
				if diff := cmp.Diff([]string{"r1", "r2", "r4", "r5", "r7", "r8"}, got); diff != "" {
					t.Errorf("consumed (-want +got):\n%s", diff)
				}
			})
		}
	}
}
