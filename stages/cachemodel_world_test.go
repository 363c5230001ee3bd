package stages_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
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

// modelValue says whose it is, which version, and when the source read it. With modelCase.Versions it has that version and all before.
type modelValue struct {
	key, version int
	read         time.Time
	world        *modelWorld
}

// At implements stages.Timeline.
func (v modelValue) At(t time.Time) (int, bool) { return v.world.history(v.key, v.version).At(t) }

// Version implements stages.Timeline.
func (v modelValue) Version(version int) modelValue {
	v.version = v.world.history(v.key, v.version).Version(version)
	return v
}

// history has the numbers of the versions of a key up to one, by the times at which they began. w.mu is not needed: what has begun stays.
func (w *modelWorld) history(key, upTo int) stages.Versions[int] {
	var list []stages.Version[int]
	began := *w.began[key].Load()
	for n, from := range began[:upTo+1] {
		v := stages.Version[int]{From: from, Value: n}
		if n < upTo {
			v.To = began[n+1]
		}
		if n%4 != 3 {
			list = append(list, v)
		}
	}
	versions, err := stages.NewVersions(list)
	if err != nil {
		panic(err)
	}
	return versions
}

// versionAt is the number of the version of a key at a time, -1 before the first.
func (w *modelWorld) versionAt(key int, t time.Time) int {
	version := -1
	for n, from := range *w.began[key].Load() {
		if !from.After(t) {
			version = n
		}
	}
	return version
}

// next begins the next version of a key. w.mu is held.
func (w *modelWorld) next(key int) {
	w.version[key]++
	began := append(slices.Clone(*w.began[key].Load()), time.Now())
	w.began[key].Store(&began)
}

func (w *modelWorld) codec() *resultcache.Codec[int, modelValue] {
	return &resultcache.Codec[int, modelValue]{
		Key: strconv.Itoa,
		Encode: func(v modelValue) ([]byte, error) {
			return fmt.Appendf(nil, "%d %d %d", v.key, v.version, v.read.UnixNano()), nil
		},
		Decode: func(b []byte) (v modelValue, err error) {
			var nanos int64
			_, err = fmt.Sscan(string(b), &v.key, &v.version, &nanos)
			v.read, v.world = time.Unix(0, nanos), w
			return v, err
		},
	}
}

// modelSeen counts what came about.
type modelSeen struct{ loaded, hit, tierHit, missing, stale, joined, failed, refreshed, cancelled, evicted, final int }

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
	s.final += o.final
}

func (s *modelSeen) all() bool {
	return min(s.loaded, s.hit, s.tierHit, s.missing, s.stale, s.joined, s.failed, s.refreshed, s.cancelled, s.evicted, s.final) > 0
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
	version  [modelKeys]int                         // every fourth is no row
	began    [modelKeys]atomic.Pointer[[]time.Time] // when each version began
	acked    [modelKeys]int                         // the version that the last acknowledged invalidation announced
	begun    int                                    // counts beginnings and ends of invalidations
	open     int                                    // invalidations that have begun and not ended
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
	for k := range w.began {
		w.began[k].Store(&[]time.Time{time.Now().Add(-time.Hour)})
	}
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
		Loader: "model", TTL: modelTTL, NegativeTTL: modelTTL, StaleIfError: modelStale, Codec: w.codec(),
		KeepExpired: w.Versions, Cost: func(int, modelValue) int64 { return 0 },
	}
	if w.Refresh {
		view.RefreshAfter = 0.3
	}
	w.view = resultcache.For(w.memory, view)
	w.loader = stages.NewLoader(w, stages.LoaderConfig[int, modelValue]{
		MaxBatch: w.MaxBatch, Cache: loadcache.Seal(w.wrap(w.view)), AppendOnly: w.Versions,
	})
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
			w.next(k)
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
		w.next(k)
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
