package demo_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/internal/command/demo"
	"github.com/loaderline/loaderline/internal/pipelinefile"
)

func TestRun(t *testing.T) {
	for in, want := range map[pipelinefile.Format]struct {
		dead map[string]int
		page []string
	}{
		pipelinefile.FormatJSON: {
			map[string]int{"decode": 15, "key": 5, "missing": 10},
			[]string{`"reviews": [`, "An enriched record, key ", "the event as it came, with", `"user_id":"me"`, "loaderline.error.kind ", "What to try next"},
		},
		pipelinefile.FormatAvro: {
			map[string]int{"decode": 20, "missing": 10},
			[]string{`"reviews": [`, "An enriched record, decoded, key ", "the event as it came, decoded, with", "loaderline.error.kind        missing", "--input-format avro --write"},
		},
	} {
		t.Run(string(in), func(t *testing.T) {
			const events = 10_000 // A partition has several transactions then: the first one finds nothing in the cache.
			settled := 0
			s, err := demo.Run(t.Context(), demo.Config{Events: events, InputFormat: in, Progress: func(n int) { settled = n }})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Failure(); err != nil {
				t.Error(err)
			}
			if s.Published != events || s.Bad != 30 || s.Enriched != events-30 || s.DeadLettered != 30 || settled != events {
				t.Errorf("got %+v, and progress up to %d", s, settled)
			}
			if diff := cmp.Diff(want.dead, s.DeadLetters); diff != "" {
				t.Error(diff)
			}
			if s.BackendCalls < 3 || s.BackendCalls > 300 || s.HitRatio <= 0 || s.HitRatio >= 1 {
				t.Errorf("%d backend calls, hit ratio %v", s.BackendCalls, s.HitRatio)
			}
			var page strings.Builder
			if err := s.WriteText(&page); err != nil {
				t.Fatal(err)
			}
			for _, text := range want.page {
				if !strings.Contains(page.String(), text) {
					t.Errorf("%s is not in\n%s", text, page.String())
				}
			}
		})
	}
}

// What a demo that stays up shows over HTTP counts all that it did.
func TestHTTP(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	defer end()
	_, err := demo.Run(ctx, demo.Config{Events: 100, Stay: func(_ *demo.Summary, at demo.Place) {
		defer end()
		if got := get(t, at, "/metrics"); !strings.Contains(got, `loaderline_records_total{outcome="enriched",pipeline="demo"} 90`) {
			t.Errorf("not the demo's metrics:\n%s", got)
		}
		if got := get(t, at, "/healthz"); got != "ok\n" {
			t.Errorf("/healthz: %q", got)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
}

// get returns the response of a running demo.
func get(t *testing.T, at demo.Place, path string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+at.HTTP+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestRunIsBounded(t *testing.T) {
	_, err := demo.Run(t.Context(), demo.Config{Events: 200_000, Timeout: 300 * time.Millisecond})
	if !errors.Is(err, demo.ErrTimeout) {
		t.Fatalf("got %v, want %v", err, demo.ErrTimeout)
	}
}
