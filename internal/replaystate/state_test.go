package replaystate_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/internal/replaystate"
	"github.com/loaderline/loaderline/replay"
)

func begun() replaystate.State {
	return replaystate.State{Status: replay.Status{
		ID:        "a",
		Ranges:    map[string]map[int32]replay.Range{"in": {0: {From: 10, To: 20}, 1: {From: 5, To: 5}, 2: {From: 0, To: 4}}},
		Positions: map[string]map[int32]int64{"in": {0: 10, 1: 5, 2: 0}},
	}}
}

// A state advances and never goes back, only in its own partitions, and a snapshot stays as it is.
func TestAdvance(t *testing.T) {
	s := begun()
	before := s.Snapshot()
	s.Advance(map[string]map[int32]int64{"in": {0: 15, 2: 4, 9: 100}, "other": {0: 1}})
	s.Advance(map[string]map[int32]int64{"in": {0: 12}})
	if diff := cmp.Diff(map[string]map[int32]int64{"in": {0: 15, 1: 5, 2: 4}}, s.Positions); diff != "" {
		t.Errorf("positions (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(begun().Status, before); diff != "" {
		t.Errorf("the snapshot changed (-want +got):\n%s", diff)
	}
	if done, total := s.Offsets(); done != 9 || total != 14 || s.Finished() || s.Unfinished() != 1 {
		t.Errorf("%d of %d, finished %v, %d partitions left", done, total, s.Finished(), s.Unfinished())
	}
	s.Advance(map[string]map[int32]int64{"in": {0: 21}})
	if !s.Finished() || s.Unfinished() != 0 {
		t.Errorf("finished %v, %d partitions left", s.Finished(), s.Unfinished())
	}
}

// Empty ranges are not read.
func TestEnds(t *testing.T) {
	topics, ends := begun().Ends()
	if diff := cmp.Diff([]string{"in"}, topics); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]map[int32]int64{"in": {0: 20, 2: 4}}, ends); diff != "" {
		t.Error(diff)
	}
}

func TestCheckID(t *testing.T) {
	for id, valid := range map[string]bool{
		"a": true, "2026-11-29_wrong.prices": true, strings.Repeat("x", 64): true,
		"": false, "a b": false, "a/b": false, "é": false, strings.Repeat("x", 65): false,
	} {
		err := replaystate.CheckID(id)
		if _, is := errors.AsType[*replaystate.IDError](err); is == valid || (err == nil) != valid {
			t.Errorf("%q: %v", id, err)
		}
	}
}
