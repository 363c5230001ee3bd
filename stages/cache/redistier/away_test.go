package redistier_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loaderline/loaderline/internal/cachetier"
	"github.com/loaderline/loaderline/internal/logtest"
	"github.com/loaderline/loaderline/stages/cache/redistier"
	"github.com/loaderline/loaderline/testenv"
)

// hasty are the configuration of a process that does not wait long, and its log.
func hasty(s *testenv.Service) (redistier.Config, *logtest.Buffer) {
	log := &logtest.Buffer{}
	cfg := at(s.Address(), "p")
	cfg.Redis.Timeout = 200 * time.Millisecond
	cfg.Logger = log.Logger(slog.LevelInfo)
	return cfg, log
}

// back waits until the tier keeps what it is given.
func back(t *testing.T, tier *redistier.Tier) {
	t.Helper()
	eventually(t, "the tier is back", func() bool {
		set(t, tier, "back", "it is", time.Now())
		return get(t, tier, "back") == "it is"
	})
}

func TestInvalidatedWhileRedisStoodStill(t *testing.T) {
	t.Parallel()
	s := server(t)
	cfg, log := hasty(s)
	one := open(t, cfg)
	for _, key := range []string{"1", "2", "3"} {
		set(t, one, key, "old", time.Now())
	}
	one.Set(t.Context(), "other", []string{"1"}, []cachetier.Entry{entry("old", time.Now())})
	if err := one.SavePositions(t.Context(), []cachetier.Position{{Topic: "changes", Offset: 5}}); err != nil {
		t.Fatal(err)
	}

	if err := s.Pause(); err != nil {
		t.Fatal(err)
	}
	one.Invalidate(t.Context(), space, []string{"1"}) // finds that it is away
	one.Invalidate(t.Context(), space, []string{"2"})
	one.InvalidateAll(t.Context(), "other")
	if err := one.SavePositions(t.Context(), []cachetier.Position{{Topic: "changes", Offset: 9}}); !errors.Is(err, redistier.ErrAway) {
		t.Errorf("SavePositions: %v", err)
	}
	if _, err := one.Positions(t.Context()); !errors.Is(err, redistier.ErrAway) {
		t.Errorf("Positions: %v", err)
	}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 1000 {
				if v := get(t, one, "3"); v != "" {
					t.Errorf("it reads %q", v)
				}
			}
		})
	}
	group.Wait()
	if err := s.Resume(); err != nil {
		t.Fatal(err)
	}
	back(t, one)
	if v := get(t, one, "1") + get(t, one, "2"); v != "" {
		t.Errorf("what was invalidated reads %q", v)
	}
	one.Get(t.Context(), "other", []string{"1"}, func(int, cachetier.Entry) { t.Error("the space that was invalidated has an entry") })
	if v := get(t, one, "3"); v != "old" {
		t.Errorf("what was not invalidated reads %q", v)
	}
	got, err := one.Positions(t.Context())
	if err != nil || len(got) != 1 || got[0].Offset != 5 {
		t.Errorf("positions %v, %v", got, err)
	}
	if away, back := log.Count("is away"), log.Count("is back"); away != 1 || back != 1 {
		t.Errorf("it is logged %d times that it is away, %d times that it is back:\n%s", away, back, log)
	}
}

func TestTooMuchToNote(t *testing.T) {
	t.Parallel()
	s := server(t)
	cfg, _ := hasty(s)
	one := open(t, cfg)
	set(t, one, "never named", "old", time.Now())
	one.Set(t.Context(), "other", []string{"never named"}, []cachetier.Entry{entry("old", time.Now())})
	if err := s.Pause(); err != nil {
		t.Fatal(err)
	}
	for i := 0; i <= redistier.MaxUntold; i += 1000 {
		keys := make([]string, 1000)
		for j := range keys {
			keys[j] = fmt.Sprint(i + j)
		}
		one.Invalidate(t.Context(), space, keys)
	}
	one.Invalidate(t.Context(), "other", []string{"1"})
	if err := s.Resume(); err != nil {
		t.Fatal(err)
	}
	back(t, one)
	if v := get(t, one, "never named"); v != "" {
		t.Errorf("a key of the space reads %q", v)
	}
	there := false
	for end := time.Now().Add(30 * time.Second); !there && time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		// A call that takes longer than this tier waits returns nothing.
		one.Get(t.Context(), "other", []string{"never named"}, func(int, cachetier.Entry) { there = true })
	}
	if !there {
		t.Error("the other space is gone too")
	}
}

// TestClearedWhileAway may not be forgotten: changes may have been missed.
func TestClearedWhileAway(t *testing.T) {
	t.Parallel()
	s := server(t)
	cfg, _ := hasty(s)
	one := open(t, cfg)
	set(t, one, "1", "old", time.Now())
	if err := one.SavePositions(t.Context(), []cachetier.Position{{Topic: "changes", Offset: 5}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Pause(); err != nil {
		t.Fatal(err)
	}
	if err := one.Clear(t.Context()); err == nil {
		t.Error("Clear has not said that it is not done")
	}
	if err := s.Resume(); err != nil {
		t.Fatal(err)
	}
	back(t, one)
	if v := get(t, one, "1"); v != "" {
		t.Errorf("it reads %q", v)
	}
	if got, err := one.Positions(t.Context()); err != nil || len(got) > 0 {
		t.Errorf("positions %v, %v", got, err)
	}
}

func TestAwayFromTheStart(t *testing.T) {
	t.Parallel()
	s := server(t)
	if err := s.Kill(); err != nil {
		t.Fatal(err)
	}
	cfg, log := hasty(s)
	one := open(t, cfg)
	if v := get(t, one, "1"); v != "" || log.Count("connection refused") != 1 {
		t.Errorf("%q; the reason is logged %d times", v, log.Count("connection refused"))
	}
	if err := one.Ping(t.Context()); err == nil || !strings.Contains(err.Error(), s.Address()) {
		t.Errorf("Ping: %v", err)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	back(t, one)
}

// TestTheCallersEnd says nothing about Redis.
func TestTheCallersEnd(t *testing.T) {
	t.Parallel()
	one, _, _, _ := two(t)
	set(t, one, "1", "here", time.Now())
	for range 20 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Microsecond)
		one.Get(ctx, space, []string{"1"}, func(int, cachetier.Entry) {})
		one.Set(ctx, space, []string{"2"}, []cachetier.Entry{entry("x", time.Now())})
		cancel()
	}
	if v := get(t, one, "1"); v != "here" {
		t.Errorf("it reads %q", v)
	}
}
