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
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/loaderline/loaderline/internal/cachetier"
	"github.com/loaderline/loaderline/internal/cachetier/tiertest"
	"github.com/loaderline/loaderline/internal/loadcache"
	"github.com/loaderline/loaderline/internal/resultcache"
	"github.com/loaderline/loaderline/stages"
)

// intCodec is the codec of ints.
var intCodec = resultcache.Codec[int, int]{
	Key:    strconv.Itoa,
	Encode: func(v int) ([]byte, error) { return strconv.AppendInt(nil, int64(v), 10), nil },
	Decode: func(b []byte) (int, error) { return strconv.Atoi(string(b)) },
}

func newMemory(t *testing.T, tiers ...cachetier.Tier) *resultcache.Memory {
	t.Helper()
	m, err := resultcache.New(resultcache.MemoryConfig{MaxBytes: 16 << 20, Tiers: tiers})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

func TestEachResultSaysWhereItCameFrom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var store tiertest.Store
		cfg := resultcache.ViewConfig[int, int]{TTL: time.Minute, Codec: &intCodec}
		src := &recorder{answer: slow}
		before := loader(src, stages.LoaderConfig[int, int]{Cache: loadcache.Seal(resultcache.For(newMemory(t, tiertest.NewFake(&store)), cfg))})
		before.Load(t.Context(), 1)
		time.Sleep(10 * time.Second)

		l := loader(src, stages.LoaderConfig[int, int]{Cache: loadcache.Seal(resultcache.For(newMemory(t, tiertest.NewFake(&store)), cfg))})
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
		want := []stages.Result[int]{
			{Value: 2, State: stages.Loaded, Tier: 2, Age: 12 * time.Second},
			{Value: 4, State: stages.Loaded, Tier: 1, Age: time.Second},
			{Value: 6, State: stages.Loaded},
			{Value: 8, State: stages.Loaded},
			{Err: stages.ErrNoKey},
		}
		for i, want := range want {
			row := rows.At(i)
			got := one.Of(row)
			if left := got.State == stages.Loaded && got.Tier < 2; left != (got.Left > 0) || got.Left > cfg.TTL {
				t.Errorf("key %d is left for %v", row.Event(), got.Left)
			}
			want.Left = got.Left
			if diff := cmp.Diff(want, got, cmpopts.EquateErrors()); diff != "" {
				t.Errorf("key %d (-want +got):\n%s", row.Event(), diff)
			}
			if _, got := many.Of(row).Value.At(0); row.Event() != 0 && got != want {
				t.Errorf("key %d in a list: %+v", row.Event(), got)
			}
		}
		// The third key was in flight for another run, and the lists share all keys with the other stage.
		if s := rows.Stats(); s[0].Coalesced != 1 || s[0].Hit != 2 || s[0].Loaded != 1 || s[1].Coalesced != 5-1 {
			t.Errorf("%+v", s)
		}
		flying.Wait()
	})
}
