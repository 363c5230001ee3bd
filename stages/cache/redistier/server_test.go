package redistier_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/loaderline/loaderline/internal/cachetier"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/cache/redistier"
	"github.com/loaderline/loaderline/stages/redislookup"
)

// TestARedisThatComesBackOlder was restarted from a snapshot of before an invalidation that it had acknowledged.
func TestARedisThatComesBackOlder(t *testing.T) {
	t.Parallel()
	s := server(t)
	cfg, log := hasty(s)
	one, redis := open(t, cfg), commands(t, s.Address())
	set(t, one, "1", "old", time.Now())
	if err := redis.Save(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	one.Invalidate(t.Context(), space, []string{"1"})
	if err := s.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	other := open(t, cfg)
	if v := get(t, other, "1"); v != "old" {
		t.Fatalf("the snapshot was not loaded: %q", v)
	}
	eventually(t, "the loss is noticed", func() bool {
		if v := get(t, one, "1"); v != "" {
			t.Fatalf("what was invalidated reads %q", v)
		}
		return log.Count("has lost invalidations") == 1
	})
	if v := get(t, other, "1"); v != "" {
		t.Errorf("the other process reads %q", v)
	}
	back(t, one)
}

func TestScriptsAreForgotten(t *testing.T) {
	t.Parallel()
	s := server(t)
	one, redis := open(t, at(s.Address(), "p")), commands(t, s.Address())
	set(t, one, "1", "old", time.Now())
	if err := redis.ScriptFlush(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	one.Invalidate(t.Context(), space, []string{"1"})
	back(t, one)
	if v := get(t, one, "1"); v != "" {
		t.Errorf("what was invalidated reads %q", v)
	}
}

// TestAFullRedis keeps nothing new, and nothing that was invalidated.
func TestAFullRedis(t *testing.T) {
	t.Parallel()
	s := server(t)
	cfg, log := hasty(s)
	cfg.Redis.Timeout = patience
	one, redis := open(t, cfg), commands(t, s.Address())
	set(t, one, "1", "old", time.Now())
	set(t, one, "2", "stays", time.Now())
	if err := redis.ConfigSet(t.Context(), "maxmemory", "1").Err(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		set(t, one, "3", "new", time.Now())
	}
	one.Invalidate(t.Context(), space, []string{"1"})
	for key, want := range map[string]string{"1": "", "2": "stays", "3": ""} {
		if v := get(t, one, key); v != want {
			t.Errorf("%s reads %q, want %q", key, v, want)
		}
	}
	if n := log.Count("Redis is full"); n != 1 {
		t.Errorf("it is logged %d times that Redis is full", n)
	}
	if n := log.Count("is away"); n != 0 {
		t.Error("a full Redis is taken for one that is away")
	}
}

func TestForeignValuesAreReplaced(t *testing.T) {
	t.Parallel()
	one, _, redis, prefix := two(t)
	set(t, one, "1", "mine", time.Now())
	key := redis.Keys(t.Context(), prefix+":*").Val()[0]
	for name, spoil := range map[string]func(){
		"text":      func() { redis.Set(t.Context(), key, "canary", 0) },
		"long text": func() { redis.Set(t.Context(), key, strings.Repeat("canary", 100), 0) },
		"cut":       func() { redis.Set(t.Context(), key, redis.GetRange(t.Context(), key, 0, 40).Val(), 0) },
		"changed":   func() { redis.SetRange(t.Context(), key, 47, "canary") },
		"a list":    func() { redis.Del(t.Context(), key); redis.RPush(t.Context(), key, "canary") },
	} {
		spoil()
		if v := get(t, one, "1"); v != "" {
			t.Errorf("%s: %q", name, v)
		}
		set(t, one, "1", "mine", time.Now())
		if v := get(t, one, "1"); v != "mine" {
			t.Errorf("after %s: %q", name, v)
		}
	}
	redis.HSet(t.Context(), "{"+prefix+"}:positions", "changes/0", "canary")
	if _, err := one.Positions(t.Context()); err == nil || !strings.Contains(err.Error(), "delete the key") {
		t.Errorf("Positions: %v", err)
	}
}

func TestEntriesEndInRedis(t *testing.T) {
	t.Parallel()
	one, _, redis, prefix := two(t)
	set(t, one, "1", "a", time.Now())
	one.Invalidate(t.Context(), space, []string{"2"})
	for _, key := range redis.Keys(t.Context(), prefix+":*").Val() {
		if ttl := redis.PTTL(t.Context(), key).Val(); ttl <= 0 || ttl > 2*time.Hour {
			t.Errorf("%q ends after %v", key, ttl)
		}
	}
}

// TestRights holds that the user needs no more rights than docs/operate.md says, and that it is said which login is refused.
func TestRights(t *testing.T) {
	t.Parallel()
	s := server(t)
	cfg, log := hasty(s)
	rule := "on >right ~p:* ~{p}:* +mget +get +getrange +set +del +pttl +pexpire +exists +hget +hgetall +hmget +hset +time +evalsha +script|load"
	args := []any{"acl", "setuser", "loaderline"}
	for word := range strings.FieldsSeq(rule) {
		args = append(args, word)
	}
	if err := commands(t, s.Address()).Do(t.Context(), args...).Err(); err != nil {
		t.Fatal(err)
	}
	cfg.Redis.Username, cfg.Redis.Password, cfg.Redis.Timeout = "loaderline", "right", patience
	one := open(t, cfg)
	set(t, one, "1", "a", time.Now())
	one.Invalidate(t.Context(), space, []string{"2"})
	one.InvalidateAll(t.Context(), "other")
	if v := get(t, one, "1"); v != "a" {
		t.Errorf("it reads %q", v)
	}
	if err := one.SavePositions(t.Context(), []cachetier.Position{{Topic: "changes", Offset: 5}}); err != nil {
		t.Error(err)
	}
	if _, err := one.Positions(t.Context()); err != nil {
		t.Error(err)
	}
	if err := errors.Join(one.Clear(t.Context()), one.Ping(t.Context())); err != nil {
		t.Error(err)
	}
	if log.Count("is away") > 0 {
		t.Errorf("it was away: %s", log)
	}

	cfg.Redis.Password = "canary"
	err := open(t, cfg).Ping(t.Context())
	if stages.ClassOf(err) != stages.Fatal || strings.Contains(err.Error(), "canary") || log.Count("refuses the login") != 1 {
		t.Errorf("class %d: %v", stages.ClassOf(err), err)
	}
}

func TestConfigs(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		cfg  redistier.Config
		want []string
	}{
		{redistier.Config{Prefix: "{p}"}, []string{"there is no address", `the prefix "{p}" is not`}},
		{redistier.Config{Redis: redislookup.Config{Addrs: []string{"redis://:canary@host:1"}}}, []string{"address 1 is not host:port"}},
	} {
		_, err := redistier.Open(t.Context(), tc.cfg)
		if err == nil {
			t.Fatalf("%v is taken", tc.cfg)
		}
		for _, want := range tc.want {
			if !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "canary") {
				t.Errorf("%v, want %s", err, want)
			}
		}
	}
}
