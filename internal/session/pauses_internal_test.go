package session

import (
	"slices"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"pgregory.net/rapid"
)

// TestPauses sets and ends reasons in any order. The client has exactly those partitions paused that have a reason.
func TestPauses(t *testing.T) {
	cl, err := kgo.NewClient()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	rapid.Check(t, func(t *rapid.T) {
		var p pauses
		defer p.forget(cl, map[string][]int32{"in": {0, 1}, "retry": {0, 1}})
		model := map[kadm.Partition]map[pauseReason]bool{}
		partition := rapid.Custom(func(t *rapid.T) kadm.Partition {
			return kadm.Partition{Topic: rapid.SampledFrom([]string{"in", "retry"}).Draw(t, "topic"), Partition: rapid.Int32Range(0, 1).Draw(t, "partition")}
		})
		reason := rapid.SampledFrom([]pauseReason{notDue, keysFull, split, finished})
		check := func(t *rapid.T) {
			paused := cl.PauseFetchPartitions(nil)
			for _, topic := range []string{"in", "retry"} {
				for number := range int32(2) {
					at := kadm.Partition{Topic: topic, Partition: number}
					if got, want := slices.Contains(paused[topic], number), len(model[at]) > 0; got != want {
						t.Fatalf("%s %d is paused: %t, want %t for %v", topic, number, got, want, model[at])
					}
					for _, r := range []pauseReason{notDue, keysFull, split, finished} {
						if p.has(at, r) != model[at][r] {
							t.Fatalf("%s %d has reason %d: %t", topic, number, r, p.has(at, r))
						}
					}
				}
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"": check,
			"set": func(t *rapid.T) {
				at, r := partition.Draw(t, "at"), reason.Draw(t, "reason")
				if model[at] == nil {
					model[at] = map[pauseReason]bool{}
				}
				model[at][r] = true
				p.set(cl, at, r)
			},
			"end": func(t *rapid.T) {
				at, r := partition.Draw(t, "at"), reason.Draw(t, "reason")
				delete(model[at], r)
				p.end(cl, at, r)
			},
			"forget": func(t *rapid.T) {
				at := partition.Draw(t, "at")
				delete(model, at)
				p.forget(cl, asMap(at))
			},
		})
	})
}
