package runtime_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/runtime"
	"github.com/loaderline/loaderline/sink"
	"github.com/loaderline/loaderline/stages"
)

// TestTotals adds two micro-batches. A count that was taken before does not change.
func TestTotals(t *testing.T) {
	var totals runtime.Totals
	tally := loaderline.Tally{
		Records: 13, Enriched: 4, Forwarded: 1, Filtered: 3, Dropped: 2, Retried: 1,
		DeadLetters: map[loaderline.DeadLetter]int{{Kind: sink.KindKey, Stage: "user"}: 1, {Kind: sink.KindKey, Stage: "item"}: 1},
		Stages:      []stages.StageStats{{Unique: 5, Hit: 2, Negative: 1}, {Unique: 3}},
	}
	totals.Add(tally)
	first := totals.Count()
	totals.Add(tally)
	want := runtime.Count{Records: 13, Enriched: 4, Forwarded: 1, Filtered: 3, Dropped: 2, Retried: 1, Dead: map[string]int{"key": 2}, Keys: 8, Hits: 3}
	if diff := cmp.Diff(want, first); diff != "" || first.DeadLetters() != 2 {
		t.Errorf("after one (-want +got):\n%s", diff)
	}
	if second := totals.Count(); second.Records != 26 || second.Filtered != 6 || second.Dead["key"] != 4 || second.Keys != 16 || second.Hits != 6 {
		t.Errorf("after two: %+v", second)
	}
}
