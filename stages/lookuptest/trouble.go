package lookuptest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

func (h suite) concurrently(t *testing.T) {
	w := numbered(400)
	s := h.New(t, w)
	var wg sync.WaitGroup
	for g := range 16 {
		wg.Go(func() {
			for i := range 10 {
				var keys []lookup.Key
				for n := range 50 {
					keys = append(keys, number((g*25+i*7+n)%450))
				}
				b := stages.NewBatch[lookup.Key, []byte](keys)
				if err := s.Load(t.Context(), b); err != nil {
					t.Errorf("Load: %v", err)
					return
				}
				expect(t, w, b)
			}
		})
	}
	wg.Wait()
}

func (h suite) cancelledBefore(t *testing.T) {
	w := numbered(3)
	s := h.New(t, w)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := s.Load(ctx, stages.NewBatch[lookup.Key, []byte]([]lookup.Key{"1"}))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Load with a cancelled context: %v, want context.Canceled", err)
	}
	expect(t, w, load(t.Context(), t, s, []lookup.Key{"1"}))
}

func (h suite) tooSlow(t *testing.T) {
	if h.Slow == nil {
		return
	}
	s := h.Slow(t)
	for _, tc := range []struct {
		name string
		want error
		ctx  func() (context.Context, context.CancelFunc)
	}{
		{"deadline", context.DeadlineExceeded, func() (context.Context, context.CancelFunc) {
			return context.WithTimeout(t.Context(), 100*time.Millisecond)
		}},
		{"cancel", context.Canceled, func() (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(100*time.Millisecond, cancel)
			return ctx, cancel
		}},
	} {
		ctx, cancel := tc.ctx()
		start := time.Now()
		err := s.Load(ctx, stages.NewBatch[lookup.Key, []byte]([]lookup.Key{"1", "2"}))
		cancel()
		if !errors.Is(err, tc.want) || stages.ClassOf(err) != stages.Transient {
			t.Errorf("%s: %v, want a transient %v", tc.name, err, tc.want)
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%s: Load took %v more after its context had ended", tc.name, took)
		}
	}
}
