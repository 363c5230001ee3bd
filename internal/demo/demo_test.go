package demo_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/internal/demo"
)

func TestRun(t *testing.T) {
	settled := 0
	s, err := demo.Run(t.Context(), demo.Config{Events: 1500, Progress: func(n int) { settled = n }})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Failure(); err != nil {
		t.Error(err)
	}
	if s.Published != 1500 || s.Bad != 30 || s.Enriched != 1470 || s.DeadLettered != 30 || settled != 1500 {
		t.Errorf("got %+v, and progress up to %d", s, settled)
	}
	if diff := cmp.Diff(map[string]int{"decode": 15, "key": 5, "missing": 10}, s.DeadLetters); diff != "" {
		t.Error(diff)
	}
	if s.BackendCalls < 3 || s.BackendCalls > 300 || s.HitRatio <= 0 || s.HitRatio >= 1 {
		t.Errorf("%d backend calls, hit ratio %v", s.BackendCalls, s.HitRatio)
	}
	var page strings.Builder
	if err := s.WriteText(&page); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"reviews": [`, `loaderline.error.kind `, "What to try next"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("%s is not in\n%s", want, page.String())
		}
	}
}

func TestRunIsBounded(t *testing.T) {
	_, err := demo.Run(t.Context(), demo.Config{Events: 200_000, Timeout: 300 * time.Millisecond})
	if !errors.Is(err, demo.ErrTimeout) {
		t.Fatalf("got %v, want %v", err, demo.ErrTimeout)
	}
}
