package resultcache_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/loaderline/loaderline/internal/loadcache"
	"github.com/loaderline/loaderline/internal/resultcache"
	"github.com/loaderline/loaderline/stages"
)

// A step of the model: what a world around two loaders' views does.
type step struct {
	Kind stepKind
	View int
	Keys []int
	Load int
	Wait time.Duration
}

type stepKind int

const (
	read          stepKind = iota // Get, and nothing is loaded
	begin                         // Get, then the source is read
	end                           // Set what a load that is under way has read
	change                        // the source changes and says so: Invalidate
	changeAll                     // the same for all keys
	changeQuietly                 // the source changes and does not say so
	wait                          // time passes
)

const modelKeys = 16

var modelTTL = [2]struct{ loaded, missing time.Duration }{
	{10 * time.Second, 3 * time.Second},
	{4 * time.Second, 0},
}

// value says whose it is, so that one key's value cannot pass for another's.
type value struct{ view, key, version int }

// model is the whole truth about one view: which entry each key has, if it was neither refused nor evicted.
type model struct {
	source      [modelKeys]int // the version of each row; every third version of it is no row
	invalidated int            // when all keys were last invalidated, in world.now
	kept        [modelKeys]struct {
		r     stages.Result[value]
		until time.Time
	}
}

type load struct {
	view    int
	stamp   loadcache.Stamp
	began   int
	keys    []int
	results []stages.Result[value]
}

type world struct {
	t      *testing.T
	now    int            // counts invalidations
	slots  map[uint64]int // when the keys of a slot were last invalidated, in now
	views  [2]*resultcache.View[int, value]
	models [2]model
	loads  []load
	hits   int
}

func (w *world) get(view int, keys []int) (loadcache.Stamp, error) {
	var err error
	s := w.views[view].Get(w.t.Context(), keys, func(i int, r stages.Result[value], _ bool) {
		w.hits++
		kept := &w.models[view].kept[keys[i]]
		got := stages.Result[value]{Value: r.Value, Err: r.Err, State: r.State, Stale: r.Stale}
		switch {
		case got != kept.r || kept.until.IsZero():
			err = fmt.Errorf("view %d key %d: got %v, want %v or a miss", view, keys[i], r, kept.r)
		case !time.Now().Before(kept.until):
			err = fmt.Errorf("view %d key %d: %v is %v too old", view, keys[i], r, time.Since(kept.until))
		case r.Left > time.Until(kept.until):
			err = fmt.Errorf("view %d key %d: %v is left for more than %v", view, keys[i], r, time.Until(kept.until))
		}
	})
	return s, err
}

func (w *world) do(s step) error {
	m, v := &w.models[s.View], w.views[s.View]
	switch s.Kind {
	case read:
		_, err := w.get(s.View, s.Keys)
		return err
	case begin:
		stamp, err := w.get(s.View, s.Keys)
		l := load{view: s.View, stamp: stamp, began: w.now, keys: s.Keys}
		for i, k := range s.Keys {
			r := stages.Result[value]{Value: value{s.View, k, m.source[k]}, State: stages.Loaded}
			switch {
			case m.source[k]%3 == 2:
				r = stages.Result[value]{}
			case i%5 == 4:
				r = stages.Result[value]{State: stages.Failed, Err: stages.ErrBlocked}
			}
			l.results = append(l.results, r)
		}
		w.loads = append(w.loads, l)
		return err
	case end:
		if len(w.loads) > 0 {
			i := s.Load % len(w.loads)
			w.end(w.loads[i])
			w.loads = slices.Delete(w.loads, i, i+1)
		}
	case change:
		w.now++
		for _, k := range s.Keys {
			m.source[k]++
			w.invalidate(resultcache.SlotOf(v, k))
		}
		v.Invalidate(w.t.Context(), s.Keys...)
	case changeAll:
		w.now++
		for k := range modelKeys {
			m.source[k]++
			m.kept[k].until = time.Time{}
		}
		m.invalidated = w.now
		v.InvalidateAll(w.t.Context())
	case changeQuietly:
		for _, k := range s.Keys {
			m.source[k]++
		}
	default:
		time.Sleep(s.Wait)
	}
	return nil
}

// invalidate invalidates the keys of a slot, in both views.
func (w *world) invalidate(slot uint64) {
	w.slots[slot] = w.now
	for i := range w.models {
		for k := range modelKeys {
			if resultcache.SlotOf(w.views[i], k) == slot {
				w.models[i].kept[k].until = time.Time{}
			}
		}
	}
}

func (w *world) end(l load) {
	w.views[l.view].Set(w.t.Context(), l.stamp, l.keys, l.results)
	m := &w.models[l.view]
	for i, k := range l.keys {
		ttl := modelTTL[l.view].loaded
		if l.results[i].State == stages.Missing {
			ttl = modelTTL[l.view].missing
		}
		if ttl > 0 && l.results[i].State != stages.Failed && max(m.invalidated, w.slots[resultcache.SlotOf(w.views[l.view], k)]) <= l.began {
			m.kept[k].r, m.kept[k].until = l.results[i], time.Now().Add(ttl)
		}
	}
}

// Whatever is loaded, invalidated, evicted and expired in whatever order: a hit is exactly the last value that was
// kept, no older than the last invalidation and its time to live. With few slots most keys are invalidated together with others.
func TestAModelAgrees(t *testing.T) {
	// Time passes and everything changes now and then only, or nothing would ever be hit.
	kinds := []stepKind{read, read, begin, begin, begin, end, end, end, change, changeQuietly, wait, changeAll}
	steps := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) step {
		return step{
			Kind: rapid.SampledFrom(kinds).Draw(t, "kind"),
			View: rapid.IntRange(0, 1).Draw(t, "view"),
			Keys: rapid.SliceOfNDistinct(rapid.IntRange(0, modelKeys-1), 1, modelKeys, rapid.ID).Draw(t, "keys"),
			Load: rapid.IntRange(0, 5).Draw(t, "load"),
			Wait: time.Duration(rapid.IntRange(1, 3000).Draw(t, "wait")) * time.Millisecond,
		}
	}), 50, 200)
	var hits, evictions int
	rapid.Check(t, func(rt *rapid.T) {
		run := steps.Draw(rt, "steps")
		maxBytes := rapid.SampledFrom([]int64{4 << 10, 1 << 20}).Draw(rt, "max_bytes")
		slots := rapid.SampledFrom([]int{0, 3, 10}).Draw(rt, "slots")
		var failure error
		synctest.Test(t, func(t *testing.T) {
			m := newMemory(t, resultcache.MemoryConfig{MaxBytes: maxBytes})
			resultcache.SetSlots(m, slots)
			w := &world{t: t, slots: map[uint64]int{}}
			for i := range w.views {
				w.views[i] = resultcache.For(m, resultcache.ViewConfig[int, value]{
					Loader: fmt.Sprint(i), TTL: modelTTL[i].loaded, NegativeTTL: modelTTL[i].missing,
				})
			}
			for i, s := range run {
				if err := w.do(s); err != nil {
					failure = fmt.Errorf("step %d: %w", i, err)
					return
				}
				if s := m.Stats(); s.Bytes > s.MaxBytes {
					failure = fmt.Errorf("step %d: %d bytes of %d are held", i, s.Bytes, s.MaxBytes)
					return
				}
			}
			hits += w.hits
			evictions += int(m.Stats().Evictions)
		})
		if failure != nil {
			rt.Fatal(failure)
		}
	})
	t.Logf("%d hits, %d evictions", hits, evictions)
	if !t.Failed() && (hits == 0 || evictions == 0) {
		t.Errorf("%d hits and %d evictions: the runs say nothing", hits, evictions)
	}
}
