package stages_test

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/loaderline/loaderline/internal/cachetier/tiertest"
	"github.com/loaderline/loaderline/internal/loadcache"
	"github.com/loaderline/loaderline/internal/resultcache"
	"github.com/loaderline/loaderline/stages"
)

type ctx = context.Context

const (
	modelTTL   = 2 * time.Minute
	modelStale = 10 * time.Minute
	// modelLoad bounds the time from the moment in which the source reads to the one in which a value is kept.
	modelLoad = 30 * time.Second
)

// modelValue says whose it is, which version, and when the source read it.
type modelValue struct {
	key, version int
	read         time.Time
}

var modelCodec = resultcache.Codec[int, modelValue]{
	Key: strconv.Itoa,
	Encode: func(v modelValue) ([]byte, error) {
		return fmt.Appendf(nil, "%d %d %d", v.key, v.version, v.read.UnixNano()), nil
	},
	Decode: func(b []byte) (v modelValue, err error) {
		var nanos int64
		_, err = fmt.Sscan(string(b), &v.key, &v.version, &nanos)
		v.read = time.Unix(0, nanos)
		return v, err
	},
}

// modelSeen counts what came about.
type modelSeen struct{ loaded, hit, tierHit, missing, stale, joined, failed, refreshed, cancelled, evicted int }

func (s *modelSeen) add(o modelSeen) {
	s.loaded += o.loaded
	s.hit += o.hit
	s.tierHit += o.tierHit
	s.missing += o.missing
	s.stale += o.stale
	s.joined += o.joined
	s.failed += o.failed
	s.refreshed += o.refreshed
	s.cancelled += o.cancelled
	s.evicted += o.evicted
}

func (s *modelSeen) all() bool {
	return min(s.loaded, s.hit, s.tierHit, s.missing, s.stale, s.joined, s.failed, s.refreshed, s.cancelled, s.evicted) > 0
}

// modelWorld is the whole truth: what the source holds, and what has been said about it.
type modelWorld struct {
	modelCase
	wrap    func(*resultcache.View[int, modelValue]) loadcache.Cache[int, stages.Result[modelValue]]
	stores  [2]tiertest.Store
	tiers   []*tiertest.Fake
	memory  *resultcache.Memory
	view    *resultcache.View[int, modelValue]
	loader  *stages.Loader[int, modelValue]
	batches sync.WaitGroup
	changes sync.WaitGroup

	mu       sync.Mutex
	version  [modelKeys]int // every fourth is no row
	acked    [modelKeys]int // the version that the last acknowledged invalidation announced
	begun    int            // counts beginnings and ends of invalidations
	open     int            // invalidations that have begun and not ended
	loading  [modelKeys][]*modelCall
	calls    int
	failures int
	calm     bool // nothing fails any more
	seen     modelSeen
	broken   error
}

func newModelWorld(c modelCase, wrap func(*resultcache.View[int, modelValue]) loadcache.Cache[int, stages.Result[modelValue]]) *modelWorld {
	w := &modelWorld{modelCase: c, wrap: wrap}
	w.stores[0].Unfenced = true // as a disk
	for i := range c.Tiers {
		w.tiers = append(w.tiers, tiertest.NewFake(&w.stores[i]))
	}
	if c.Tiers == 1 { // With two, what is read is moved up, and that waits for the end of the removal.
		w.tiers[0].Before = func(method string) {
			if method == "Invalidate" { // Somebody reads just before the keys are removed.
				w.view.Get(context.Background(), []int{0, 1, 2, 3}, func(int, stages.Result[modelValue], bool) {})
			}
		}
	}
	w.start()
	return w
}

func (w *modelWorld) start() {
	cfg := resultcache.MemoryConfig{MaxBytes: 1 << 20}
	if w.Full {
		cfg.MaxBytes = 2 << 10
	}
	for _, t := range w.tiers {
		cfg.Tiers = append(cfg.Tiers, t)
	}
	var err error
	if w.memory, err = resultcache.New(cfg); err != nil {
		panic(err)
	}
	view := resultcache.ViewConfig[int, modelValue]{
		Loader: "model", TTL: modelTTL, NegativeTTL: modelTTL, StaleIfError: modelStale, Codec: &modelCodec,
	}
	if w.Refresh {
		view.RefreshAfter = 0.3
	}
	w.view = resultcache.For(w.memory, view)
	w.loader = stages.NewLoader(w, stages.LoaderConfig[int, modelValue]{MaxBatch: w.MaxBatch, Cache: loadcache.Seal(w.wrap(w.view))})
}

func (w *modelWorld) stop() {
	w.batches.Wait()
	w.changes.Wait()
	w.loader.Close()
	w.seen.evicted += int(w.memory.Stats().Evictions)
	w.memory.Close()
}

// play does the steps, and then asks for all keys once more, when nothing is in the way any more.
func (w *modelWorld) play() {
	for _, s := range w.Steps {
		time.Sleep(s.Wait)
		w.do(s)
	}
	w.batches.Wait()
	w.changes.Wait()
	w.mu.Lock()
	w.calm, w.failures = true, 0
	w.mu.Unlock()
	for _, t := range w.tiers {
		t.SetAway(false)
	}
	w.batch(modelStep{Keys: numbers(modelKeys)})
	w.stop()
}

func (w *modelWorld) do(s modelStep) {
	switch s.Do {
	case load:
		w.batches.Go(func() { w.batch(s) })
	case invalidate:
		w.announce(s.Keys, func() { w.view.Invalidate(context.Background(), s.Keys...) })
	case invalidateAll:
		w.announce(numbers(modelKeys), func() { w.view.InvalidateAll(context.Background()) })
	case change:
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, k := range s.Keys {
			w.version[k]++
		}
	case restart:
		w.stop()
		w.start()
	default:
		if s.Tier >= len(w.tiers) {
			return
		}
		if t := w.tiers[s.Tier]; s.Do == tierLost {
			t.Lose()
		} else {
			t.SetAway(s.Do == tierAway)
		}
	}
}

// announce changes keys, and has said so when the invalidation returns.
func (w *modelWorld) announce(keys []int, say func()) {
	w.mu.Lock()
	w.begun, w.open = w.begun+1, w.open+1
	var versions [modelKeys]int
	for _, k := range keys {
		w.version[k]++
		versions[k] = w.version[k]
	}
	w.mu.Unlock()
	w.changes.Go(func() {
		say()
		w.mu.Lock()
		defer w.mu.Unlock()
		w.begun, w.open = w.begun+1, w.open-1
		for _, k := range keys {
			w.acked[k] = max(w.acked[k], versions[k])
		}
	})
}

// breaks keeps the first broken rule. w.mu is held.
func (w *modelWorld) breaks(format string, args ...any) {
	if w.broken == nil {
		w.broken = fmt.Errorf(format, args...)
	}
}
