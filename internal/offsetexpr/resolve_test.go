package offsetexpr_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/offsetexpr"
)

// The topic has two partitions with five and three records, a minute apart from noon on; of partition 0 the oldest two are gone.
func TestRanges(t *testing.T) {
	noon := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(2, "events"))
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for partition, n := range []int{5, 3} {
		for i := range n {
			r := &kgo.Record{Topic: "events", Partition: int32(partition), Timestamp: noon.Add(time.Duration(i) * time.Minute)}
			if err := client.ProduceSync(t.Context(), r).FirstErr(); err != nil {
				t.Fatal(err)
			}
		}
	}
	admin := kadm.NewClient(client)
	var gone kadm.Offsets
	gone.Add(kadm.Offset{Topic: "events", Partition: 0, At: 2})
	if _, err := admin.DeleteRecords(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	resolver := offsetexpr.Resolver{Admin: admin, Topic: "events", Now: noon.Add(10 * time.Minute)}

	type offsets struct{ From, To int64 }
	for _, test := range []struct {
		from, to string
		want     map[int32]offsets
	}{
		{"earliest", "", map[int32]offsets{0: {2, offsetexpr.Never}, 1: {0, offsetexpr.Never}}},
		{"earliest", "latest", map[int32]offsets{0: {2, 5}, 1: {0, 3}}},
		{"latest", "latest", map[int32]offsets{0: {5, 5}, 1: {3, 3}}},
		{"1", "4", map[int32]offsets{0: {1, 4}, 1: {1, 4}}},
		{"1:1", "", map[int32]offsets{1: {1, offsetexpr.Never}}},
		{"1:1", "latest", map[int32]offsets{1: {1, 3}}},
		{"earliest", "0:3", map[int32]offsets{0: {2, 3}}},
		{"2026-11-24T12:01:00Z", "2026-11-24T12:03:00Z", map[int32]offsets{0: {2, 3}, 1: {1, 3}}},
		{"-7m", "latest", map[int32]offsets{0: {3, 5}, 1: {3, 3}}},
		{"-1m", "latest", map[int32]offsets{0: {5, 5}, 1: {3, 3}}},
	} {
		t.Run(test.from+" to "+test.to, func(t *testing.T) {
			from, to := parse(t, test.from, test.to)
			ranges, err := resolver.Ranges(t.Context(), from, to)
			if err != nil {
				t.Fatal(err)
			}
			got := map[int32]offsets{}
			for partition, r := range ranges {
				got[partition] = offsets{r.From, r.To}
			}
			if diff := cmp.Diff(test.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
		})
	}
	for _, test := range []struct{ from, to string }{
		{"earliest", "2026-11-24T12:11:00Z"}, // after now
		{"2:0", ""},
		{"0:0", "1:3"},
	} {
		t.Run("no range from "+test.from+" to "+test.to, func(t *testing.T) {
			from, to := parse(t, test.from, test.to)
			ranges, err := resolver.Ranges(t.Context(), from, to)
			if _, ok := errors.AsType[*offsetexpr.RangeError](err); !ok {
				t.Fatalf("got %v, %v", ranges, err)
			}
		})
	}
}

func parse(t *testing.T, fromText, toText string) (from offsetexpr.Position, to *offsetexpr.Position) {
	t.Helper()
	from, err := offsetexpr.Parse(fromText)
	if err != nil {
		t.Fatal(err)
	}
	if toText == "" {
		return from, nil
	}
	end, err := offsetexpr.Parse(toText)
	if err != nil {
		t.Fatal(err)
	}
	return from, &end
}
