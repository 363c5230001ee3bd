package redistier_test

import (
	"crypto/rand"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/loaderline/loaderline/internal/cachetier"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/cache/redistier"
	"github.com/loaderline/loaderline/stages/redislookup"
	"github.com/loaderline/loaderline/testenv"
)

const space = "users/1"

// patience is the timeout of tiers that must not be away because the machine is busy.
const patience = 10 * time.Second

// open opens a tier that is closed with the test.
func open(tb testing.TB, cfg redistier.Config) *redistier.Tier {
	tb.Helper()
	tier, err := redistier.OpenTier(tb.Context(), cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := tier.Close(); err != nil {
			tb.Error(err)
		}
	})
	return tier
}

// at is the configuration of a process at a server.
func at(address, prefix string) redistier.Config {
	return redistier.Config{Prefix: prefix, Redis: redislookup.Config{Addrs: []string{address}, Timeout: patience}}
}

// two are two processes that share a tier in the Redis of all tests, which commander speaks to.
func two(tb testing.TB) (one, other *redistier.Tier, commander *redis.Client, prefix string) {
	tb.Helper()
	address, prefix := testenv.Redis(tb), rand.Text()[:10]
	return open(tb, at(address, prefix)), open(tb, at(address, prefix)), commands(tb, address), prefix
}

func commands(tb testing.TB, address string) *redis.Client {
	tb.Helper()
	c := redis.NewClient(&redis.Options{Addr: address})
	tb.Cleanup(func() { _ = c.Close() })
	return c
}

// server is a Redis of the test's own.
func server(tb testing.TB) *testenv.Service {
	tb.Helper()
	return testenv.Own(tb, testenv.StartRedis)
}

// entry is what a load brought that began at a time.
func entry(value string, began time.Time) cachetier.Entry {
	return cachetier.Entry{
		Value: []byte(value), State: stages.Loaded,
		Began: began, Born: time.Now(), Expires: time.Now().Add(time.Hour), Until: time.Now().Add(2 * time.Hour),
	}
}

func set(tb testing.TB, tier cachetier.Tier, key, value string, began time.Time) {
	tb.Helper()
	tier.Set(tb.Context(), space, []string{key}, []cachetier.Entry{entry(value, began)})
}

// get is the value of a key, or "" where the tier does not hold it.
func get(tb testing.TB, tier cachetier.Tier, key string) (value string) {
	tb.Helper()
	tier.Get(tb.Context(), space, []string{key}, func(_ int, e cachetier.Entry) { value = string(e.Value) })
	return value
}

// eventually waits for a condition.
func eventually(tb testing.TB, what string, ok func() bool) {
	tb.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			tb.Fatalf("it never came that %s", what)
		}
	}
}
