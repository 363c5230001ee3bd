package cache_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.uber.org/goleak"

	"github.com/loaderline/loaderline/internal/cachetier"
	"github.com/loaderline/loaderline/internal/cachetier/tiertest"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/cache"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var codec = cache.Codec[int, string]{
	Key:    strconv.Itoa,
	Encode: func(s string) ([]byte, error) { return []byte(s), nil },
	Decode: func(b []byte) (string, error) { return string(b), nil },
}

// process is one process that loads through a cache.
type process struct {
	t      *testing.T
	memory *cache.Memory
	view   *cache.View[int, string]
	plan   stages.Plan[int]
	name   stages.Node[int, string]
	loader *stages.Loader[int, string]
	loads  atomic.Int64
	fails  error
}

func start(t *testing.T, cfg cache.ViewConfig[int, string], tiers ...cache.Tier) *process {
	t.Helper()
	memory, err := cache.New(cache.Config{MaxBytes: 1 << 20, Tiers: tiers})
	if err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, memory: memory, view: cache.For(memory, cfg)}
	source := stages.MapSource(func(_ context.Context, keys []int) (map[int]string, error) {
		p.loads.Add(int64(len(keys)))
		if p.fails != nil {
			return nil, p.fails
		}
		found := map[int]string{}
		for _, k := range keys {
			if k > 0 {
				found[k] = "user " + strconv.Itoa(k)
			}
		}
		return found, nil
	})
	p.loader = stages.NewLoader(source, stages.LoaderConfig[int, string]{Cache: p.view})
	p.plan.MaxElapsed = -1
	p.name = stages.One(&p.plan, p.loader, stages.By(&p.plan, func(k int) int { return k }))
	return p
}

func (p *process) stop() {
	p.loader.Close()
	p.memory.Close()
}

// run runs a batch.
func (p *process) run(keys ...int) (results []stages.Result[string]) {
	for row := range p.plan.Run(p.t.Context(), keys).All() {
		results = append(results, p.name.Of(row))
	}
	return results
}

// expect runs a batch, and compares how many keys it loads.
func (p *process) expect(loads int64, keys ...int) []stages.Result[string] {
	p.t.Helper()
	p.loads.Store(0)
	results := p.run(keys...)
	if n := p.loads.Load(); n != loads {
		p.t.Errorf("%v: %d keys were loaded, want %d", keys, n, loads)
	}
	return results
}

func TestMistakesInConfig(t *testing.T) {
	_, err := cache.New(cache.Config{MaxBytes: -1, Tiers: []cache.Tier{nil}})
	if err == nil || !strings.Contains(err.Error(), "MaxBytes is -1") || !strings.Contains(err.Error(), "Tiers[0] is nil") {
		t.Errorf("error %v", err)
	}
}

func TestLoadersUseTheCache(t *testing.T) {
	p := start(t, cache.ViewConfig[int, string]{Loader: "users", TTL: time.Hour, NegativeTTL: time.Hour})
	defer p.stop()
	p.expect(3, 1, 2, -3)
	got := p.expect(0, 1, 2, -3)
	want := []stages.Result[string]{
		{Value: "user 1", State: stages.Loaded, Tier: 1}, {Value: "user 2", State: stages.Loaded, Tier: 1}, {State: stages.Missing, Tier: 1},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreTypes(time.Duration(0))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	p.view.Invalidate(t.Context(), 2)
	p.expect(1, 1, 2, -3)
	p.view.InvalidateAll(t.Context())
	p.expect(3, 1, 2, -3)
	s := p.memory.Stats()
	if s.Bytes <= 0 {
		t.Errorf("the entries have %d bytes", s.Bytes)
	}
	s.Bytes = 0
	if diff := cmp.Diff(cache.Stats{Hits: 5, NegativeHits: 2, Misses: 7, MaxBytes: 1 << 20, Tiers: []cache.TierStats{}}, s); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestTheConfigOfAView(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		costs := 0
		p := start(t, cache.ViewConfig[int, string]{
			Loader: "users", TTL: 100 * time.Second, NegativeTTL: time.Second, StaleIfError: time.Hour, RefreshAfter: 0.5,
			Cost: func(int, string) int64 { costs++; return 100 },
		})
		defer p.stop()
		p.expect(2, 1, -2)
		if costs != 2 || p.memory.Stats().Bytes < 200 {
			t.Errorf("Cost was called %d times, for %d bytes", costs, p.memory.Stats().Bytes)
		}
		time.Sleep(time.Second)
		p.expect(1, 1, -2)
		time.Sleep(59 * time.Second)
		p.loads.Store(0)
		p.run(1) // The value is due for a refresh in the background.
		synctest.Wait()
		if n := p.loads.Load(); n != 1 {
			t.Errorf("the refresh has loaded %d keys", n)
		}
		p.fails = errors.New("the source is away")
		time.Sleep(100 * time.Second)
		if r := p.expect(1, 1)[0]; r.Value != "user 1" || !r.Stale || r.Age < 100*time.Second {
			t.Errorf("while the source fails: %+v", r)
		}
	})
}

func TestTiersOutliveTheProcess(t *testing.T) {
	var store tiertest.Store
	cfg := cache.ViewConfig[int, string]{Loader: "users", Version: "1", TTL: time.Hour, Codec: &codec}
	first := start(t, cfg, cachetier.Seal(tiertest.NewFake(&store)))
	first.expect(2, 1, 2)
	first.view.Invalidate(t.Context(), 2)
	first.stop()

	second := start(t, cfg, cachetier.Seal(tiertest.NewFake(&store)))
	defer second.stop()
	second.expect(1, 1, 2)
	if diff := cmp.Diff([]cache.TierStats{{Name: "fake", Hits: 1, Misses: 1}}, second.memory.Stats().Tiers); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	cfg.Version = "2"
	third := start(t, cfg, cachetier.Seal(tiertest.NewFake(&store)))
	defer third.stop()
	third.expect(2, 1, 2)
}
