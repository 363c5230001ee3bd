package session_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/kafkaerr"
	"github.com/loaderline/loaderline/internal/session"
)

// TestStart has 20 old records, half of them before a time. Whatever happens
// to the first transaction, consuming begins where start says.
func TestStart(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	modes := []struct {
		start consumer.Start
		first int
	}{
		{consumer.Start{}, 0},
		{consumer.Start{From: consumer.StartTime, Time: noon}, 10},
		{consumer.Start{From: consumer.StartLatest}, 20},
	}
	accidents := []struct {
		name string
		// happen spoils the first batch, and returns the session to continue with.
		happen func(*testing.T, *world, *session.Session, session.Config) *session.Session
	}{
		{"none", func(_ *testing.T, _ *world, s *session.Session, _ session.Config) *session.Session { return s }},
		{"given back", func(t *testing.T, _ *world, s *session.Session, _ session.Config) *session.Session {
			t.Helper()
			poll(t, s)
			if err := s.GiveBack(t.Context()); err != nil {
				t.Fatal(err)
			}
			return s
		}},
		{"aborted", func(t *testing.T, _ *world, s *session.Session, _ session.Config) *session.Session {
			t.Helper()
			poll(t, s)
			if ok, err := s.Commit(t.Context(), []*kgo.Record{{Topic: "nowhere"}}); ok || err == nil {
				t.Fatalf("commit: %t, %v", ok, err)
			}
			return s
		}},
		{"killed", func(t *testing.T, w *world, s *session.Session, cfg session.Config) *session.Session {
			t.Helper()
			poll(t, s)
			if err := s.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			w.publish(25, 5, 1)
			return w.open(cfg)
		}},
	}
	for _, mode := range modes {
		for _, accident := range accidents {
			t.Run(mode.start.String()+"/"+accident.name, func(t *testing.T) {
				t.Parallel()
				for _, delivery := range deliveries() {
					t.Run(delivery.String(), func(t *testing.T) {
						t.Parallel()
						w := newWorld(t, 1)
						w.publishAt(0, 10, noon.Add(-time.Hour))
						w.publishAt(10, 10, noon)
						cfg := w.config()
						cfg.Start, cfg.Delivery = mode.start, delivery
						s := w.open(cfg)
						w.waitForOffset(int64(mode.first))
						w.publishAt(20, 5, noon.Add(time.Hour))
						s = accident.happen(t, w, s, cfg)
						var got []string
						want := numbered(mode.first, 25-mode.first)
						if accident.name == "killed" {
							want = numbered(mode.first, 30-mode.first)
						}
						for len(got) < len(want) {
							batch := poll(t, s)
							commit(t, s, echo(batch))
							got = append(got, values(batch)...)
						}
						if diff := cmp.Diff(want, got); diff != "" {
							t.Errorf("consumed (-want +got):\n%s", diff)
						}
					})
				}
			})
		}
	}
}

func TestStartNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	w.publish(0, 4, 2)
	cfg := w.config()
	cfg.Start.From = consumer.StartNone
	err := pollError(t, w.open(cfg))
	if _, ok := errors.AsType[*kafkaerr.NoOffsetError](err); !ok || !strings.Contains(err.Error(), "in[0 1]") || session.Recoverable(err) {
		t.Errorf("got %v", err)
	}
}

func (w *world) publishAt(from, n int, at time.Time) {
	w.t.Helper()
	var records []*kgo.Record
	for _, text := range numbered(from, n) {
		records = append(records, &kgo.Record{Topic: "in", Value: []byte(text), Timestamp: at})
	}
	if err := w.cl.ProduceSync(w.t.Context(), records...).FirstErr(); err != nil {
		w.t.Fatal(err)
	}
}

// waitForOffset waits until the member has committed where it starts.
func (w *world) waitForOffset(want int64) {
	w.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		offsets := w.offsets()
		if at, ok := offsets[0]; ok {
			if at != want {
				w.t.Fatalf("start offset %d, want %d", at, want)
			}
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatal("no start offset was committed")
		}
	}
}
