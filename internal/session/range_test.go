package session_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/kafkaadmin"
	"github.com/loaderline/loaderline/internal/kafkaerr"
	"github.com/loaderline/loaderline/internal/session"
)

// readToEnds polls and commits until the positions are at the ends, and gives the offsets of each partition.
func readToEnds(t *testing.T, s *session.Session, ends map[int32]int64) map[int32][]int64 {
	t.Helper()
	got := map[int32][]int64{}
	deadline := time.Now().Add(patience)
	for {
		at := s.Positions()["in"]
		ended := true
		for p, end := range ends {
			ended = ended && at[p] >= end
		}
		if ended {
			return got
		}
		if time.Now().After(deadline) {
			t.Fatalf("the positions are %v, the ends %v", at, ends)
		}
		batch, err := s.Poll(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(batch) == 0 {
			continue
		}
		if committed, err := s.Commit(t.Context(), nil); err != nil || !committed {
			t.Fatalf("committed %t, error %v", committed, err)
		}
		for _, r := range batch {
			got[r.Partition] = append(got[r.Partition], r.Offset)
		}
	}
}

func TestReadingStopsAtTheEnds(t *testing.T) {
	for _, delivery := range deliveries() {
		t.Run(delivery.String(), func(t *testing.T) {
			w := newWorld(t, 4)
			w.publish(0, 80, 4)
			cfg := w.config()
			cfg.Delivery, cfg.MaxRecords = delivery, 3
			ends := map[int32]int64{0: 10, 1: 20, 2: 5}
			cfg.Ends = map[string]map[int32]int64{"in": ends}
			got := readToEnds(t, w.open(cfg), ends)
			for p := range int32(4) {
				want := make([]int64, 0, ends[p])
				for o := range ends[p] {
					want = append(want, o)
				}
				if !slices.Equal(got[p], want) {
					t.Errorf("partition %d: got %v", p, got[p])
				}
			}
		})
	}
}

// Compaction has removed the last records before a transaction that is open: nothing is there that could be at the end.
func TestReadingStopsWhereTheLastRecordsWereCompactedAway(t *testing.T) {
	w := newWorld(t, 1)
	compact := "compact"
	if _, err := w.admin.AlterTopicConfigs(t.Context(), []kadm.AlterConfig{{Name: "cleanup.policy", Value: &compact}}, "in"); err != nil {
		t.Fatal(err)
	}
	w.publish(0, 1, 1)
	for i, name := range []string{"aborted", "open"} {
		client, err := kgo.NewClient(kgo.SeedBrokers(w.brokers...), kgo.TransactionalID(name), kgo.DefaultProduceTopic("in"))
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		err = errors.Join(client.BeginTransaction(), client.ProduceSync(t.Context(), kgo.KeyStringRecord(name, name)).FirstErr())
		if i == 0 {
			err = errors.Join(err, client.EndTransaction(t.Context(), kgo.TryAbort))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	w.cluster.Compact()
	cfg := w.config()
	ends := map[int32]int64{0: 3} // A record, one that was aborted, and its marker.
	cfg.Ends = map[string]map[int32]int64{"in": ends}
	if got := readToEnds(t, w.open(cfg), ends); !slices.Equal(got[0], []int64{0}) {
		t.Errorf("got %v", got)
	}
}

func TestSetOffsets(t *testing.T) {
	w := newWorld(t, 2)
	w.publish(0, 20, 2)
	k := consumer.Kafka{Brokers: w.brokers}
	want := map[string]map[int32]kafkaadmin.CommittedOffset{"in": {0: {At: 3, Note: "a"}, 1: {At: 7}}}
	if err := kafkaadmin.SetOffsets(t.Context(), k, "g", want); err != nil {
		t.Fatal(err)
	}
	got, err := kafkaadmin.Offsets(t.Context(), k, "g")
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("error %v, -want +got\n%s", err, diff)
	}
	t.Run("of a group in use", func(t *testing.T) {
		s := w.open(w.config())
		if _, err := s.Poll(t.Context()); err != nil {
			t.Fatal(err)
		}
		err := kafkaadmin.SetOffsets(t.Context(), k, "g", want)
		active, ok := errors.AsType[*kafkaadmin.GroupActiveError](err)
		if !ok || len(active.Members) != 1 || active.Members[0].ClientID != "loaderline-one" {
			t.Errorf("got %v", err)
		}
	})
	t.Run("of nobody", func(t *testing.T) {
		got, err := kafkaadmin.Offsets(t.Context(), k, "nobody")
		if err != nil || len(got) > 0 {
			t.Errorf("got %v, error %v", got, err)
		}
	})
}

func TestExtents(t *testing.T) {
	w := newWorld(t, 2)
	w.publish(0, 20, 2)
	got, err := kafkaadmin.Extents(t.Context(), consumer.Kafka{Brokers: w.brokers}, "in")
	want := map[string]map[int32]kafkaadmin.Extent{"in": {0: {End: 10}, 1: {End: 10}}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("error %v, -want +got\n%s", err, diff)
	}
	_, err = kafkaadmin.Extents(t.Context(), consumer.Kafka{Brokers: w.brokers}, "missing")
	if _, ok := errors.AsType[*kafkaerr.TopicMissingError](err); !ok {
		t.Errorf("got %v", err)
	}
}
