package disktier_test

import (
	"fmt"
	"io"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/loaderline/loaderline/internal/cachetier"
	"github.com/loaderline/loaderline/internal/cachetier/tiertest"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/cache/disktier"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		invalidateUntilKilled(dir)
	}
	goleak.VerifyTestMain(m)
}

func TestConformance(t *testing.T) {
	tiertest.Run(t, tiertest.Harness{New: func(tb testing.TB) func(testing.TB) cachetier.Tier {
		tb.Helper()
		dir := tb.TempDir()
		return func(tb testing.TB) cachetier.Tier {
			tb.Helper()
			return open(tb, disktier.Config{Dir: dir})
		}
	}})
}

const (
	space    = "users/1"
	patience = 30 * time.Second
)

// open opens a tier, which the caller closes.
func open(tb testing.TB, cfg disktier.Config) *disktier.Tier {
	tb.Helper()
	tier, err := disktier.OpenTier(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	return tier
}

func closed(tb testing.TB, tier io.Closer) {
	tb.Helper()
	if err := tier.Close(); err != nil {
		tb.Error(err)
	}
}

// entry can go after some time.
func entry(value string, life time.Duration) cachetier.Entry {
	now := time.Now()
	return cachetier.Entry{Value: []byte(value), State: stages.Loaded, Born: now, Expires: now.Add(life), Until: now.Add(life)}
}

func set(tb testing.TB, tier *disktier.Tier, key, value string) {
	tb.Helper()
	tier.Set(tb.Context(), space, []string{key}, []cachetier.Entry{entry(value, time.Hour)})
}

// value is what a tier holds for a key; empty where that is nothing.
func value(tb testing.TB, tier *disktier.Tier, key string) (v string) {
	tb.Helper()
	tier.Get(tb.Context(), space, []string{key}, func(_ int, e cachetier.Entry) { v = string(e.Value) })
	return v
}

func expect(tb testing.TB, tier *disktier.Tier, key, want string) {
	tb.Helper()
	if got := value(tb, tier, key); got != want {
		tb.Errorf("%s is %q instead of %q", key, got, want)
	}
}

// eventually tries until it is so.
func eventually(tb testing.TB, what string, ok func() bool) {
	tb.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			tb.Fatalf("within %v it was not so that %s", patience, what)
		}
	}
}

func sequence(n int) (keys []string, entries []cachetier.Entry) {
	for i := range n {
		keys = append(keys, benchKey(i))
		entries = append(entries, entry(fmt.Sprint("value ", i), time.Hour))
	}
	return keys, entries
}
