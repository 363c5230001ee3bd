package loaderline_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/stages"
)

// meeting lets who comes wait until so many have come.
type meeting struct {
	of int

	mu     sync.Mutex
	here   int
	begins chan struct{}
}

// wait is for a group that comes together.
func (m *meeting) wait(ctx context.Context, group int) error {
	m.mu.Lock()
	if m.here == 0 {
		m.begins = make(chan struct{})
	}
	begins := m.begins
	if m.here += group; m.here == m.of {
		m.here = 0
		close(begins)
	}
	m.mu.Unlock()
	select {
	case <-begins:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(10 * time.Second):
		return errors.New("the others do not come")
	}
}

// Where more records wait than a micro-batch takes, the lookups of several go on side by side, and their outcomes are published
// together, in order.
func TestMicroBatchesOfOneTransaction(t *testing.T) {
	t.Parallel()
	const size, together, records = 10, 4, 80
	b := newBroker(t)
	all := events(records)
	for _, r := range all {
		r.Key = []byte("one partition")
	}
	b.publish(all...)
	side := &meeting{of: together * size} // in as many calls, or in fewer
	cfg := numbers(b, stages.MapSource(func(ctx context.Context, keys []int) (map[int]int, error) {
		if err := side.wait(ctx, len(keys)); err != nil {
			return nil, err
		}
		return double(ctx, keys)
	}))
	cfg.Workers, cfg.Consumer.MaxRecords, cfg.DeadLetterLimit = 1, size, 1
	var sizes []int
	cfg.OnCommit = func(tally loaderline.Tally) { sizes = append(sizes, tally.Records) }
	cfg.OnAbort = func(reason string) { t.Errorf("aborted by %s", reason) }
	stop := start(t, cfg)
	b.waitFor(records)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(slices.Repeat([]int{size}, records/size), sizes); diff != "" {
		t.Error(diff)
	}
	var want, got []string
	for i, r := range all {
		if i%10 < 7 {
			want = append(want, header(r, "trace"))
		}
	}
	for _, r := range b.read("out", len(want)) {
		got = append(got, header(r, "trace"))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
