package invalidation_test

import (
	"context"
	"testing"
	"time"

	"github.com/loaderline/loaderline/internal/cachetier"
	"github.com/loaderline/loaderline/internal/cachetier/tiertest"
	"github.com/loaderline/loaderline/internal/changerecord"
	"github.com/loaderline/loaderline/internal/invalidation"
	"github.com/loaderline/loaderline/internal/resultcache"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// version is a process with one version of the query of a stage, above a tier.
type version struct {
	memory // for its keys
	view   *resultcache.View[lookup.Key, string]
	stop   func()
}

func (v *version) Invalidate(ctx context.Context, _ string, keys ...lookup.Key) {
	v.view.Invalidate(ctx, keys...)
}
func (v *version) InvalidateAll(ctx context.Context, _ string) { v.view.InvalidateAll(ctx) }
func (v *version) Space(string) string                         { return v.view.Space() }

// holds is the value of a key; empty where there is none.
func (v *version) holds(t *testing.T, key lookup.Key) (value string) {
	t.Helper()
	v.view.Get(t.Context(), []lookup.Key{key}, func(_ int, r stages.Result[string], _ bool) { value = r.Value })
	return value
}

func (v *version) set(t *testing.T, key lookup.Key, value string) {
	t.Helper()
	since := v.view.Get(t.Context(), nil, nil)
	v.view.Set(t.Context(), since, []lookup.Key{key}, []stages.Result[string]{{Value: value, State: stages.Loaded}})
}

// run starts a process, which has read the change topic when it returns.
func (w *world) run(name string, tier cachetier.Tier) *version {
	t := w.t
	t.Helper()
	memory, err := resultcache.New(resultcache.MemoryConfig{MaxBytes: 1 << 20, Tiers: []cachetier.Tier{tier}})
	if err != nil {
		t.Fatal(err)
	}
	mapping, err := changerecord.NewMapping("", []string{"id"})
	if err != nil {
		t.Fatal(err)
	}
	v := &version{view: resultcache.For(memory, resultcache.ViewConfig[lookup.Key, string]{
		Loader: "user", Version: name, TTL: time.Hour,
		Codec: &resultcache.Codec[lookup.Key, string]{
			Key:    func(k lookup.Key) string { return string(k) },
			Encode: func(s string) ([]byte, error) { return []byte(s), nil },
			Decode: func(b []byte) (string, error) { return string(b), nil },
		},
	})}
	handler := invalidation.New(invalidation.Config{
		Cache: v, Pipeline: "line", Stages: []string{"user"},
		Changes: []invalidation.Change{{Topic: w.topic, Mapping: mapping, Stages: []string{"user"}}},
	})
	reader, stop := w.readWith(invalidation.ReaderConfig{Handler: handler, Scope: handler.Scope(), Tiers: []invalidation.Tier{tier}})
	v.stop = func() {
		stop()
		memory.Close()
	}
	t.Cleanup(v.stop)
	w.await("caught up", reader.Caught())
	return v
}

// While another version of a query runs, the rows of this one hear of no changes. So they do when it runs again.
func TestAQueryIsRolledBack(t *testing.T) {
	t.Parallel()
	w, _ := onFake(t)
	tier := tiertest.NewFake(&tiertest.Store{})
	v1 := w.run("1", tier)
	v1.set(t, "7", "old")
	v1.set(t, "8", "good")
	v1.stop()

	v2 := w.run("2", tier)
	if got := v2.holds(t, "7"); got != "" {
		t.Fatalf("version 2 has %q", got)
	}
	v2.set(t, "7", "of version 2")
	w.publish(0, `{"id":7}`)
	w.until("version 2 has heard of it", func() bool { return v2.holds(t, "7") == "" })
	v2.stop()

	v1 = w.run("1", tier)
	if got := v1.holds(t, "7"); got != "" {
		t.Errorf("version 1 serves %q, which was changed while version 2 ran", got)
	}
	if got := v1.holds(t, "8"); got != "good" {
		t.Errorf("version 1 has %q; nothing was said of that", got)
	}
}
