package resultcache_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/loaderline/loaderline/internal/cachetier/tiertest"
	"github.com/loaderline/loaderline/internal/resultcache"
	"github.com/loaderline/loaderline/stages"
)

// once does something before the first call of some methods of a tier.
func once(tier *tiertest.Fake, methods string, do func()) {
	var first sync.Once
	tier.Before = func(method string) {
		if strings.HasPrefix(method, methods) {
			first.Do(do)
		}
	}
}

// However a value was on its way when its key was invalidated: it is neither in the memory nor in a tier afterwards.
func TestNoTierBringsAnInvalidatedValueBack(t *testing.T) {
	type world struct {
		t            *testing.T
		disk, shared *tiertest.Fake
		v            *resultcache.View[int, string]
	}
	invalidations := map[string]func(context.Context, *resultcache.View[int, string]){
		"the key":  func(ctx context.Context, v *resultcache.View[int, string]) { v.Invalidate(ctx, 1) },
		"all keys": func(ctx context.Context, v *resultcache.View[int, string]) { v.InvalidateAll(ctx) },
	}
	for name, race := range map[string]func(w world, invalidate func()){
		"it rests there": func(_ world, invalidate func()) { invalidate() },
		"it is loading": func(w world, invalidate func()) {
			before := stamp(w.t, w.v)
			invalidate()
			w.v.Set(w.t.Context(), before, []int{1}, loaded("old"))
		},
		"it is being written": func(w world, invalidate func()) {
			// The invalidation comes when the first tier has the value and the second not yet.
			done := make(chan struct{})
			once(w.shared, "Set", func() { go func() { defer close(done); invalidate() }() })
			set(w.t, w.v, []int{1}, loaded("old"))
			<-done
		},
		"it is being read": func(w world, invalidate func()) {
			w.v.Get(w.t.Context(), []int{1}, func(int, stages.Result[string], bool) { invalidate() })
		},
		"it is read just before it is removed": func(w world, invalidate func()) {
			once(w.disk, "Invalidate", func() {
				if hits := get(w.t, w.v, 1); len(hits) != 1 {
					w.t.Errorf("hits %v", hits)
				}
			})
			invalidate()
		},
		"it is read from the slower tier while it is removed": func(w world, invalidate func()) {
			done := make(chan struct{})
			once(w.shared, "Invalidate", func() {
				hit := make(chan struct{})
				go func() {
					defer close(done)
					w.v.Get(w.t.Context(), []int{1}, func(int, stages.Result[string], bool) { close(hit) })
				}()
				<-hit
			})
			invalidate()
			<-done
		},
		"the tiers are away": func(w world, invalidate func()) {
			w.disk.SetAway(true)
			w.shared.SetAway(true)
			invalidate()
			w.disk.SetAway(false)
			w.shared.SetAway(false)
		},
	} {
		for what, invalidate := range invalidations {
			t.Run(name+"/"+what, func(t *testing.T) {
				disk, shared := tiertest.Store{Unfenced: true}, tiertest.Store{}
				w := world{t: t, disk: tiertest.NewFake(&disk), shared: tiertest.NewFake(&shared)}
				// The memory starts empty, so that the tiers are asked.
				set(t, restarted(t, tiered(), w.disk, w.shared), []int{1}, loaded("old"))
				w.v = restarted(t, tiered(), w.disk, w.shared)
				race(w, func() { invalidate(t.Context(), w.v) })
				for place, v := range map[string]*resultcache.View[int, string]{
					"memory": w.v, "disk": restarted(t, tiered(), w.disk), "shared": restarted(t, tiered(), w.shared),
				} {
					if hits := get(t, v, 1); len(hits) > 0 {
						t.Errorf("%s: %v", place, hits)
					}
				}
				set(t, w.v, []int{1}, loaded("new"))
				if hits := get(t, restarted(t, tiered(), w.disk), 1); hits[1] != "loaded new" {
					t.Errorf("afterwards nothing is kept: %v", hits)
				}
			})
		}
	}
}

func TestASlowTierHoldsUpNoReadOfTheMemory(t *testing.T) {
	for method, slow := range map[string]func(*resultcache.View[int, string]){
		"Get":        func(v *resultcache.View[int, string]) { get(t, v, 3) },
		"Set":        func(v *resultcache.View[int, string]) { set(t, v, []int{4}, loaded("d")) },
		"Invalidate": func(v *resultcache.View[int, string]) { v.Invalidate(t.Context(), 2) },
	} {
		t.Run(method, func(t *testing.T) {
			var store tiertest.Store
			tier := tiertest.NewFake(&store)
			v := restarted(t, tiered(), tier)
			set(t, v, []int{1, 2}, loaded("a", "b"))
			begun, end, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
			once(tier, method, func() { close(begun); <-end })
			go func() { defer close(ended); slow(v) }()
			<-begun
			if hits := get(t, v, 1); hits[1] != "loaded a" {
				t.Errorf("hits %v", hits)
			}
			close(end)
			<-ended
		})
	}
}
