package bench

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/testenv"
)

func TestCPUOf(t *testing.T) {
	const head, tail = "17 (a (b) c) S 1 17 17 0 -1 4194560 900 0 3 0 ", " 0 0 20 0 9 0 1000"
	for times, want := range map[string]float64{"250 50": 3, "0 0": 0, "7 0": 0.07} {
		if got, err := cpuOf([]byte(head + times + tail)); got != want || err != nil {
			t.Errorf("%s: %v seconds, want %v: %v", times, got, want, err)
		}
	}
	for _, text := range []string{"", "17 (x) S 1", head + "x 1" + tail} {
		if got, err := cpuOf([]byte(text)); err == nil {
			t.Errorf("%q has %v seconds", text, got)
		}
	}
}

func TestWiden(t *testing.T) {
	events := func(w Wide) []testenv.Event {
		return slices.Collect(w.widen(testenv.Events(testenv.EventsConfig{Count: 3, Users: 10}), 10))
	}
	plain := events(Wide{})
	if diff := cmp.Diff(slices.Collect(testenv.Events(testenv.EventsConfig{Count: 3, Users: 10})), plain); diff != "" {
		t.Errorf("events that are not wide (-want +got)\n%s", diff)
	}
	for _, w := range []Wide{{Padding: 100}, {Keys: 5}, {Padding: 7, Keys: 1}} {
		for i, e := range events(w) {
			var fields struct {
				ID      string  `json:"event_id"`
				User    int64   `json:"user_id"`
				Padding string  `json:"padding"`
				Others  []int64 `json:"others"`
			}
			if err := json.Unmarshal(e.Value, &fields); err != nil {
				t.Fatalf("%s: %v", e.Value, err)
			}
			n, err := eventNumber(e.Value)
			if n != i || err != nil || fields.User != plain[i].User || len(fields.Padding) != w.Padding || len(fields.Others) != w.Keys {
				t.Errorf("%+v gives %s: event %d, %v", w, e.Value, n, err)
			}
			if slices.ContainsFunc(fields.Others, func(user int64) bool { return user < 0 || user > 9 }) {
				t.Errorf("%v are not all users", fields.Others)
			}
		}
	}
}

func TestMoreStages(t *testing.T) {
	want := []moreStage{{"user_4", "event.user_id"}, {"user_5", "user_4.id"}, {"user_6", "user_5.id"}, {"user_7", "event.user_id"}}
	if diff := cmp.Diff(want, LoaderlineOptions{Stages: 7}.moreStages()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := (LoaderlineOptions{}).moreStages(); got != nil {
		t.Errorf("the workload has %v besides", got)
	}
}

// A group has settled when nothing is without a member, or still with two, and no member without work.
func TestAssigned(t *testing.T) {
	w := world{partitions: 3}
	for name, tc := range map[string]struct {
		lists [][]int32
		want  bool
	}{
		"all":           {[][]int32{{0, 2}, {1}}, true},
		"more members":  {[][]int32{{0}, {1}, {2}, {}}, true},
		"one is left":   {[][]int32{{0}, {1}}, false},
		"one twice":     {[][]int32{{0, 1}, {1, 2}}, false},
		"one is idle":   {[][]int32{{0, 1, 2}, {}}, false},
		"none is known": {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := w.assigned(tc.lists); got != tc.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

func TestBatchOf(t *testing.T) {
	records := []*kgo.Record{{Partition: 3, Offset: 4, Value: []byte("a")}, {Partition: 3, Offset: 6, Key: []byte("k"), Value: []byte("b")}}
	b := batchOf(kgo.FetchTopicPartition{FetchPartition: kgo.FetchPartition{Partition: 3, Records: records}})
	if b.Partition != 3 || b.Next != 7 || len(b.Records) != 2 || string(b.Records[1].Value) != "b" || b.Records[0].Offset != 4 {
		t.Errorf("%+v", b)
	}
}

func TestFollowEnds(t *testing.T) {
	w := world{brokers: testenv.Kafka(t), output: testenv.Topic(t, "follow", mostFollowed+1), manyPartitions: true}
	ctx, cancel := context.WithCancelCause(t.Context())
	ended := errors.New("ended")
	cancel(ended)
	if err := follow(ctx, w, func(testenv.Batch) error { return nil }); !errors.Is(err, ended) {
		t.Errorf("got %v", err)
	}
}

// A process that ends while it is observed fails the run, and the observation does not outlive it.
func TestObserveFails(t *testing.T) {
	failed := make(chan error, 1)
	fell := errors.New("it fell over")
	failed <- fell
	wait := func(ctx context.Context, _ *group, _ *Result) error {
		<-ctx.Done()
		return context.Cause(ctx)
	}
	if err := (&group{}).observe(t.Context(), wait, failed, &Result{}); !errors.Is(err, fell) {
		t.Errorf("got %v", err)
	}
	nothing := func(context.Context, *group, *Result) error { return nil }
	if err := (&group{}).observe(t.Context(), nothing, nil, &Result{}); err != nil {
		t.Error(err)
	}
}
