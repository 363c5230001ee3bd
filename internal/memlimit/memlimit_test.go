package memlimit_test

import (
	"errors"
	"math"
	"os"
	"runtime/debug"
	"testing"

	automemlimit "github.com/KimMachineGun/automemlimit/memlimit"

	"github.com/loaderline/loaderline/internal/memlimit"
)

// without takes a variable out of the environment until the test ends.
func without(t *testing.T, name string) {
	t.Helper()
	t.Setenv(name, "") // This restores the variable.
	if err := os.Unsetenv(name); err != nil {
		t.Fatal(err)
	}
}

// keepLimit restores the runtime's limit when the test ends, and returns it.
func keepLimit(t *testing.T) int64 {
	t.Helper()
	const query = -1
	limit := debug.SetMemoryLimit(query)
	t.Cleanup(func() { debug.SetMemoryLimit(limit) })
	return limit
}

func TestSet(t *testing.T) {
	without(t, "GOMEMLIMIT")
	t.Setenv("AUTOMEMLIMIT", "0.1")
	keepLimit(t)
	for _, test := range []struct{ limit, want int64 }{
		{1 << 30, 966367641},
		{1 << 40, 989560464998},
		{math.MaxInt64, 8301034833169298432},
	} {
		got, err := memlimit.Set(automemlimit.Limit(uint64(test.limit)), 0)
		if err != nil || got != test.want || debug.SetMemoryLimit(-1) != test.want {
			t.Errorf("limit %d: set %d, have %d, want %d: %v", test.limit, got, debug.SetMemoryLimit(-1), test.want, err)
		}
	}
	got, err := memlimit.Set(automemlimit.Limit(math.MaxUint64), 0)
	if err != nil || got != math.MaxInt64 || debug.SetMemoryLimit(-1) != math.MaxInt64 {
		t.Errorf("the largest limit: %d, %v", got, err)
	}
}

func TestSetWithoutLimit(t *testing.T) {
	without(t, "GOMEMLIMIT")
	before := keepLimit(t)
	for _, want := range []error{
		automemlimit.ErrNoLimit, automemlimit.ErrNoCgroup, automemlimit.ErrCgroupsNotSupported, os.ErrPermission,
	} {
		got, err := memlimit.Set(func() (uint64, error) { return 0, want }, 0)
		if got != 0 || !errors.Is(err, want) || debug.SetMemoryLimit(-1) != before {
			t.Errorf("%v: set %d, have %d, want %d: %v", want, got, debug.SetMemoryLimit(-1), before, err)
		}
	}
}

// A bound of the caller's own holds if it is the lower one, or the only one.
func TestSetKeepsToABound(t *testing.T) {
	without(t, "GOMEMLIMIT")
	for name, test := range map[string]struct {
		find automemlimit.Provider
		want int64
	}{
		"below the limit": {automemlimit.Limit(1000), 700},
		"above the limit": {automemlimit.Limit(500), 450},
		"without a limit": {func() (uint64, error) { return 0, automemlimit.ErrNoLimit }, 700},
	} {
		t.Run(name, func(t *testing.T) {
			keepLimit(t)
			if got, err := memlimit.Set(test.find, 700); err != nil || got != test.want || debug.SetMemoryLimit(-1) != test.want {
				t.Errorf("set %d, have %d, want %d: %v", got, debug.SetMemoryLimit(-1), test.want, err)
			}
		})
	}
}

// TestSetKeepsTheEnvironments sets nothing where GOMEMLIMIT is set, also to nothing, as the Go runtime has read it.
func TestSetKeepsTheEnvironments(t *testing.T) {
	before := keepLimit(t)
	for _, value := range []string{"1GiB", "off", ""} {
		t.Setenv("GOMEMLIMIT", value)
		got, err := memlimit.Set(automemlimit.Limit(1<<30), 0)
		if err != nil || got != 0 || debug.SetMemoryLimit(-1) != before {
			t.Errorf("GOMEMLIMIT=%s: set %d, have %d, want %d: %v", value, got, debug.SetMemoryLimit(-1), before, err)
		}
	}
}

func TestGCPercent(t *testing.T) {
	for mib, want := range map[int64]int{1: 20, 64: 20, 160: 60, 256: 100, 4096: 100} {
		if got := memlimit.GCPercent(mib << 20); got != want {
			t.Errorf("%d MiB: %d, want %d", mib, got, want)
		}
	}
}
