package stages_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/stages"
)

// said collects what a backend says of its calls.
type said struct {
	start time.Time
	lines []string
}

func (s *said) config(cfg stages.BackendConfig) stages.BackendConfig {
	s.start = time.Now()
	cfg.OnFailing = func(loader string, since time.Time, err error) {
		if err == nil {
			s.lines = append(s.lines, fmt.Sprintf("%s answers, failed since %v", loader, since.Sub(s.start)))
			return
		}
		s.lines = append(s.lines, fmt.Sprintf("%s fails since %v: %v", loader, since.Sub(s.start), err))
	}
	return cfg
}

// quickly tries again within a second.
var quickly = backoff{Initial: 400 * time.Millisecond, Max: time.Second, MaxElapsed: time.Hour}

// What fails is said before the retries have ended, once, and so is its end.
func TestABackendSaysThatItFails(t *testing.T) {
	for name, test := range map[string]struct {
		cfg    stages.BackendConfig
		answer func(ctx context.Context, call int, b *stages.Batch[int, int]) error
		want   []string
	}{
		"what one retry heals": {
			answer: func(_ context.Context, call int, b *stages.Batch[int, int]) error {
				if call == 1 {
					return errAway
				}
				double(b)
				return nil
			},
		},
		"some tries": {
			answer: func(_ context.Context, call int, b *stages.Batch[int, int]) error {
				if call <= 10 {
					return errAway
				}
				double(b)
				return nil
			},
			want: []string{"loader fails since 0s: connection refused", "loader answers, failed since 0s"},
		},
		"an open breaker": {
			cfg: stages.BackendConfig{BreakerFailures: 1, BreakerDelay: 5 * time.Second},
			answer: func(_ context.Context, call int, b *stages.Batch[int, int]) error {
				if call <= 2 {
					return errAway
				}
				double(b)
				return nil
			},
			want: []string{"loader fails since 0s: the circuit breaker is open, the last call failed: connection refused", "loader answers, failed since 0s"},
		},
		"a call that hangs": {
			cfg: stages.BackendConfig{Timeout: 3 * time.Second},
			answer: func(ctx context.Context, call int, b *stages.Batch[int, int]) error {
				if call == 1 {
					<-ctx.Done()
					return ctx.Err()
				}
				double(b)
				return nil
			},
			want: []string{"loader fails since 0s: no answer within 3s", "loader answers, failed since 0s"},
		},
		"a refusal is an answer": {
			answer: func(_ context.Context, call int, b *stages.Batch[int, int]) error {
				switch {
				case call%2 == 0 && call < 10:
					return errAway
				case call < 10:
					return stages.KeyErrors[int]{b.Keys[0]: errAway}
				}
				double(b)
				return nil
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var s said // One loader's calls do not overlap here.
				backend := stages.NewBackend(s.config(test.cfg))
				l := loader(&recorder{answer: test.answer}, stages.LoaderConfig[int, int]{Backend: backend})
				if rows, _ := run(t.Context(), l, quickly, 1); rows.Err() != nil {
					t.Fatal(rows.Err())
				}
				if diff := cmp.Diff(test.want, s.lines); diff != "" {
					t.Errorf("-want +got\n%s", diff)
				}
				if since := backend.Stats().FailingSince; !since.IsZero() {
					t.Errorf("it fails since %v after an answer", since)
				}
			})
		})
	}
}

// While it fails, Stats say since when; a failure that nothing followed is forgotten, unless pings fail too.
func TestStatsSayThatABackendFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ping := errAway
		backend := stages.NewBackend(stages.BackendConfig{Ping: func(context.Context) error { return ping }})
		l := loader(broken(repeat(errAway, 1000)...), stages.LoaderConfig[int, int]{Backend: backend})
		start := time.Now()
		run(t.Context(), l, backoff{MaxElapsed: 10 * time.Second}, 1)
		failing := func(want bool) {
			t.Helper()
			if since := backend.Stats().FailingSince; want && !since.Equal(start) || !want && !since.IsZero() {
				t.Errorf("after %v it fails since %v", time.Since(start), since)
			}
		}
		failing(true)
		for range 3 {
			time.Sleep(50 * time.Second)
			if err := backend.Ping(t.Context()); err == nil {
				t.Error("the ping was answered")
			}
			failing(true)
		}
		ping = nil
		if err := backend.Ping(t.Context()); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Minute)
		failing(false)
		run(t.Context(), l, noRetry, 1)
		failing(true)
	})
}

// Answers of one loader hide no other's failures.
func TestALoaderFailsByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s said
		backend := stages.NewBackend(s.config(stages.BackendConfig{}))
		locked := loader(broken(repeat(errAway, 1000)...), stages.LoaderConfig[int, int]{Name: "locked", Backend: backend})
		well := loader(broken(), stages.LoaderConfig[int, int]{Name: "well", Backend: backend})
		for range 5 {
			run(t.Context(), locked, noRetry, 1)
			run(t.Context(), well, noRetry, 1)
			time.Sleep(time.Second)
		}
		if want := []string{"locked fails since 0s: connection refused"}; !cmp.Equal(want, s.lines) {
			t.Errorf("said %q, want %q", s.lines, want)
		}
	})
}
