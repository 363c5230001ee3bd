package redistier_test

import (
	"testing"
	"time"

	"github.com/loaderline/loaderline/internal/cachetier"
	"github.com/loaderline/loaderline/stages/cache/redistier"
)

// TestALoadFromBeforeAnInvalidation is set after it, by the process that has not seen it: it must not be read, then or later.
func TestALoadFromBeforeAnInvalidation(t *testing.T) {
	t.Parallel()
	for name, invalidate := range map[string]func(*redistier.Tier){
		"of the key":   func(tier *redistier.Tier) { tier.Invalidate(t.Context(), space, []string{"1"}) },
		"of the space": func(tier *redistier.Tier) { tier.InvalidateAll(t.Context(), space) },
		"of everything": func(tier *redistier.Tier) {
			if err := tier.Clear(t.Context()); err != nil {
				t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			one, other, _, _ := two(t)
			nothing := func(when string) {
				t.Helper()
				if v1, v2 := get(t, one, "1"), get(t, other, "1"); v1 != "" || v2 != "" {
					t.Errorf("%s: %q and %q", when, v1, v2)
				}
			}
			began := time.Now()
			set(t, one, "1", "earlier", began)
			if v := get(t, other, "1"); v != "earlier" {
				t.Fatalf("the other process reads %q", v)
			}
			invalidate(other)
			nothing("after the invalidation")
			set(t, one, "1", "old", began)
			nothing("after the old value")

			// What was loaded since is kept at once, and ends before the tombstone would have.
			short := entry("new", time.Now())
			short.Until = short.Born.Add(200 * time.Millisecond)
			short.Expires = short.Until
			one.Set(t.Context(), space, []string{"1"}, []cachetier.Entry{short})
			if v := get(t, other, "1"); v != "new" && time.Now().Before(short.Until) {
				t.Errorf("what was loaded after the invalidation reads %q", v)
			}
			eventually(t, "the short-lived entry ends", func() bool { return get(t, other, "1") == "" })
			set(t, one, "1", "old", began)
			nothing("after the old value once more")
			set(t, other, "1", "newer", time.Now())
			set(t, one, "1", "old", began)
			if v := get(t, one, "1"); v == "old" || v == "" && name == "of the key" {
				t.Errorf("after the old value at last: %q", v)
			}
		})
	}
}

func TestAfterTheGrace(t *testing.T) {
	t.Parallel()
	one, other, redis, prefix := two(t)
	one.SetGrace(200 * time.Millisecond)
	other.SetGrace(200 * time.Millisecond)
	began := time.Now()
	other.Invalidate(t.Context(), space, []string{"1"})
	eventually(t, "the tombstone is gone", func() bool { return len(redis.Keys(t.Context(), prefix+":*").Val()) == 0 })
	set(t, one, "1", "old", began)
	if v := get(t, one, "1"); v != "" {
		t.Errorf("a load from before reads %q", v)
	}
	set(t, one, "1", "new", time.Now())
	if v := get(t, other, "1"); v != "new" {
		t.Errorf("a load from after reads %q", v)
	}
}

// TestASetThatRedisReadsLate was sent to a Redis that stood still until the tombstone had ended.
func TestASetThatRedisReadsLate(t *testing.T) {
	t.Parallel()
	const grace = time.Second
	s := server(t)
	cfg := at(s.Address(), "p")
	cfg.Redis.Timeout = grace / 4
	one, redis := open(t, cfg), commands(t, s.Address())
	one.SetGrace(grace)
	began := time.Now()
	one.Invalidate(t.Context(), space, []string{"1"})
	if err := s.Pause(); err != nil {
		t.Fatal(err)
	}
	set(t, one, "1", "old", began)
	time.Sleep(time.Until(began.Add(2 * grace))) // It is the time that passes by itself.
	if err := s.Resume(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "Redis is back", func() bool {
		set(t, one, "2", "there", time.Now())
		return get(t, one, "2") == "there"
	})
	if n := len(redis.Keys(t.Context(), "p:*").Val()); n != 1 {
		t.Errorf("there are %d keys", n)
	}
	if v := get(t, one, "1"); v != "" {
		t.Errorf("the old value reads %q", v)
	}
}
