package stages_test

import (
	"context"
	"iter"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/cache"
	"github.com/loaderline/loaderline/stages/cache/tiertest"
)

// intCodec is the codec of ints.
var intCodec = cache.Codec[int, int]{
	Key:    strconv.Itoa,
	Encode: func(v int) ([]byte, error) { return strconv.AppendInt(nil, int64(v), 10), nil },
	Decode: func(b []byte) (int, error) { return strconv.Atoi(string(b)) },
}

func newMemory(t *testing.T, tiers ...cache.Tier) *cache.Memory {
	t.Helper()
	m, err := cache.New(cache.MemoryConfig{MaxBytes: 16 << 20, Tiers: tiers})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

func TestEachResultSaysWhereItCameFrom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var store tiertest.Store
		cfg := cache.ViewConfig[int, int]{TTL: time.Minute, Codec: &intCodec}
		src := &recorder{answer: slow}
		before := loader(src, stages.LoaderConfig[int, int]{Cache: cache.For(newMemory(t, tiertest.NewFake(&store)), cfg)})
		before.Load(t.Context(), 1)
		time.Sleep(10 * time.Second)

		l := loader(src, stages.LoaderConfig[int, int]{Cache: cache.For(newMemory(t, tiertest.NewFake(&store)), cfg)})
		l.Load(t.Context(), 2)
		var flying sync.WaitGroup
		flying.Go(func() { l.Load(t.Context(), 3) })
		synctest.Wait()
		var plan stages.Plan[int]
		one := stages.One(&plan, l, stages.ByErr(&plan, func(k int) (int, error) {
			if k == 0 {
				return 0, stages.ErrNoKey
			}
			return k, nil
		}))
		many := stages.Many(&plan, l, stages.ByEach(&plan, func(k int) iter.Seq[int] { return slices.Values([]int{k}) }))
		rows := plan.Run(context.Background(), []int{1, 2, 3, 4, 0})
		want := []stages.Origin{
			{From: stages.FromCache, Tier: 1, Age: 11 * time.Second},
			{From: stages.FromCache, Age: 0},
			{From: stages.FromFlight},
			{From: stages.FromSource},
			{},
		}
		for row := range rows.All() {
			got := one.Origin(row)
			if inMemory := got.From == stages.FromCache && got.Tier == 0; inMemory != (got.Left > 0) || got.Left > cfg.TTL {
				t.Errorf("key %d is left for %v", row.Event(), got.Left)
			}
			want[row.Index()].Left = got.Left
			if diff := cmp.Diff(want[row.Index()], got); diff != "" {
				t.Errorf("key %d (-want +got):\n%s", row.Event(), diff)
			}
			if got := many.Of(row).Value.Origin(0); row.Event() != 0 && got != want[row.Index()] {
				t.Errorf("key %d in a list: %+v", row.Event(), got)
			}
		}
		flying.Wait()
	})
}
