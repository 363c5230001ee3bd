package deadletter_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/deadletter"
	"github.com/loaderline/loaderline/internal/offsetexpr"
	"github.com/loaderline/loaderline/sink"
)

func TestListGroupsWhatFailedAlike(t *testing.T) {
	w := newWorld(t)
	for i, message := range []string{
		`"abc" is not a bigint`, `"a \" 7" is not a bigint`,
		"record 12 of 2026-11-24T08:00:00.123Z", "record 7 of 2026-11-23T09:10:11Z",
		"no user 123e4567-e89b-12d3-a456-426614174000", "no user 00000000-0000-0000-0000-00000000000a",
		"it's late", "column v2 of t1",
	} {
		w.die(kgo.Record{Key: fmt.Append(nil, i)}, sink.Failure{Kind: sink.KindKey, Stage: "user", Message: message})
	}
	w.die(kgo.Record{}, sink.Failure{Kind: sink.KindLookup, Stage: "user", Message: "it's late"})
	want := []string{
		`2 open key user "…" is not a bigint`,
		"2 open key user no user …",
		"2 open key user record … of …",
		"1 open key user column v2 of t1",
		"1 open key user it's late",
		"1 open lookup user it's late",
	}
	if diff := cmp.Diff(want, w.list(deadletter.Filter{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFilters(t *testing.T) {
	w := newWorld(t)
	w.die(kgo.Record{Key: []byte("a")}, sink.Failure{Kind: sink.KindKey, Stage: "user", Message: "one"})
	w.die(kgo.Record{Key: []byte("b")}, sink.Failure{Kind: sink.KindKey, Stage: "shop", Message: "two"})
	w.die(kgo.Record{}, sink.Failure{Kind: sink.KindLookup, Stage: "user", Message: "three"})
	w.dieOf("q", kgo.Record{Key: []byte("a")}, sink.Failure{Kind: sink.KindKey, Stage: "user", Message: "other"})
	key, none, one, two := "a", "", int32(1), int32(2)
	offset := func(n int64) offsetexpr.Position { return offsetexpr.Position{Kind: offsetexpr.Offset, Offset: n} }
	end := offset(2)
	for name, test := range map[string]struct {
		filter deadletter.Filter
		want   []string
	}{
		"all":              {deadletter.Filter{}, []string{"one", "three", "two"}},
		"kind":             {deadletter.Filter{Kind: "key"}, []string{"one", "two"}},
		"stage":            {deadletter.Filter{Stage: "user"}, []string{"one", "three"}},
		"message":          {deadletter.Filter{Message: "o"}, []string{"one", "two"}},
		"key":              {deadletter.Filter{Key: &key}, []string{"one"}},
		"a key that is ''": {deadletter.Filter{Key: &none}, nil},
		"partition":        {deadletter.Filter{Partition: &one}, []string{"one", "three", "two"}},
		"no partition":     {deadletter.Filter{Partition: &two}, nil},
		"from":             {deadletter.Filter{From: offset(1)}, []string{"three", "two"}},
		"to":               {deadletter.Filter{To: &end}, []string{"one", "two"}},
		"limit":            {deadletter.Filter{Limit: 2}, []string{"one", "two"}},
		"one by one":       {deadletter.Filter{Only: []deadletter.Coordinates{{Offset: 2}, {Offset: 0}}}, []string{"one", "three"}},
		"state":            {deadletter.Filter{State: deadletter.Parked}, nil},
		"pipeline":         {deadletter.Filter{Pipeline: "q"}, []string{"other"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			if err := w.queue.Read(t.Context(), test.filter, func(l deadletter.Letter) error {
				got = append(got, l.Message)
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			slices.Sort(got)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
