package stages_test

import (
	"context"
	"slices"
	"sync"

	"github.com/loaderline/loaderline/stages"
)

// recorder is a source that notes its calls. answer settles a call's batch; nil doubles each key.
type recorder struct {
	answer func(ctx context.Context, call int, b *stages.Batch[int, int]) error

	mu    sync.Mutex
	calls [][]int
}

func (r *recorder) Load(ctx context.Context, b *stages.Batch[int, int]) error {
	r.mu.Lock()
	r.calls = append(r.calls, slices.Sorted(slices.Values(b.Keys)))
	call := len(r.calls)
	r.mu.Unlock()
	if r.answer != nil {
		return r.answer(ctx, call, b)
	}
	double(b)
	return nil
}

func (r *recorder) seen() [][]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.calls)
}

func double(b *stages.Batch[int, int]) {
	for _, k := range b.Keys {
		b.Put(k, 2*k)
	}
}

func loader(s stages.Source[int, int], cfg stages.LoaderConfig[int, int]) *stages.Loader[int, int] {
	return stages.NewLoader(s, cfg)
}

func self(e int) int { return e }

// states lists how the rows of a node ended.
func states[V any](rows *stages.Rows[int], n stages.Node[int, V]) []stages.State {
	var got []stages.State
	for row := range rows.All() {
		got = append(got, n.Of(row).State)
	}
	return got
}
