package stages_test

import (
	"flag"
	"fmt"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/loaderline/loaderline/internal/loadcache"
	"github.com/loaderline/loaderline/internal/resultcache"
	"github.com/loaderline/loaderline/stages"
)

const modelKeys = 8

// modelCase is one history of a loader, its cache, its source and its tiers.
type modelCase struct {
	Steps    []modelStep
	Answers  []modelAnswer // of the source's calls, over and over
	Tiers    int
	Full     bool // the memory has room for a few entries only
	Refresh  bool
	Versions bool // a batch asks for the versions at some time, and the source only adds versions
	MaxBatch int
}

// modelStep is what happens next. It begins when the step before has begun, unless that one waits.
type modelStep struct {
	Do     modelAct
	Keys   []int
	Tier   int
	Retry  bool          // of a batch
	Ago    time.Duration // of a batch: the time for which it asks, before it begins
	Cancel time.Duration // of a batch, after which its context ends; zero is never
	Wait   time.Duration // before the step
}

type modelAct int

const (
	load          modelAct = iota // a batch asks for keys
	invalidate                    // the source changes, and then says so
	invalidateAll                 // the same for all keys
	change                        // the source changes and does not say so
	tierAway                      // a tier cannot be reached
	tierBack                      // it can again
	tierLost                      // what a tier holds is lost
	restart                       // the process ends and starts again
)

// modelAnswer is how a call of the source goes.
type modelAnswer struct {
	Before, After time.Duration // it takes, before and after it reads
	Fault         modelFault
}

type modelFault int

const (
	noFault     modelFault = iota
	faultAway              // the call fails, nobody's fault
	faultHalf              // the same, with half of the answers
	faultKeys              // the call fails by the keys' fault
	faultOne               // one key fails, and may be tried again
	faultPoison            // one key fails for good
	faultPanic
)

var (
	modelActs = []modelAct{
		load, load, load, load, load, load, load, load, invalidate, invalidate, invalidate, invalidateAll, change, change, tierAway, tierBack, tierLost, restart,
	}
	modelFaults = []modelFault{
		noFault, noFault, noFault, noFault, noFault, noFault, faultAway, faultHalf, faultKeys, faultOne, faultPoison, faultPanic,
	}
	// Loads take less than a second, entries live for two minutes, and are stale for ten more.
	modelAgo   = []time.Duration{0, time.Millisecond, 10 * time.Second, 61 * time.Second, 3 * time.Minute, 20 * time.Minute}
	modelWaits = []time.Duration{0, 0, 0, 100 * time.Millisecond, 300 * time.Millisecond, time.Second, 20 * time.Second, time.Minute, 2 * time.Minute}
)

var modelCases = rapid.Custom(func(t *rapid.T) modelCase {
	keys := rapid.SliceOfNDistinct(rapid.IntRange(0, modelKeys-1), 1, modelKeys, rapid.ID)
	millis := rapid.Map(rapid.IntRange(1, 400), func(n int) time.Duration { return time.Duration(n) * time.Millisecond })
	faults := modelFaults
	if rapid.Bool().Draw(t, "healthy") {
		faults = faults[:1]
	}
	return modelCase{
		Steps: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) modelStep {
			return modelStep{
				Do: rapid.SampledFrom(modelActs).Draw(t, "do"), Keys: keys.Draw(t, "keys"), Tier: rapid.IntRange(0, 1).Draw(t, "tier"),
				Retry: rapid.Bool().Draw(t, "retry"), Ago: rapid.SampledFrom(modelAgo).Draw(t, "ago"),
				Cancel: rapid.OneOf(rapid.Just(time.Duration(0)), rapid.Just(time.Duration(0)), millis).Draw(t, "cancel"),
				Wait:   rapid.SampledFrom(modelWaits).Draw(t, "wait"),
			}
		}), 5, 25).Draw(t, "steps"),
		Answers: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) modelAnswer {
			return modelAnswer{Before: millis.Draw(t, "before"), After: millis.Draw(t, "after"), Fault: rapid.SampledFrom(faults).Draw(t, "fault")}
		}), 1, 6).Draw(t, "answers"),
		Tiers: rapid.IntRange(0, 2).Draw(t, "tiers"), Full: rapid.IntRange(0, 3).Draw(t, "full") == 0, Refresh: rapid.Bool().Draw(t, "refresh"),
		Versions: rapid.IntRange(0, 2).Draw(t, "versions") == 0,
		MaxBatch: rapid.SampledFrom([]int{3, 100}).Draw(t, "max batch"),
	}
})

// modelCheck runs a case, and says how it broke the rules.
func modelCheck(t *testing.T, c modelCase, wrap func(*resultcache.View[int, modelValue]) loadcache.Cache[int, stages.Result[modelValue]]) (seen modelSeen, err error) {
	t.Helper()
	synctest.Test(t, func(*testing.T) {
		w := newModelWorld(c, wrap)
		w.play()
		seen, err = w.seen, w.broken
	})
	return seen, err
}

func asItIs(v *resultcache.View[int, modelValue]) loadcache.Cache[int, stages.Result[modelValue]] {
	return v
}

// Whatever is loaded, fails, is invalidated, expires, is evicted, cancelled and lost in whatever order: no value is older
// than the last acknowledged invalidation, no failed key is served as missing, no key is loaded twice at one time, and
// each key's outcome is one that the source can have had.
func TestLoadersAndCachesKeepTheRules(t *testing.T) {
	if checks := flag.Lookup("rapid.checks"); !testing.Short() && checks.Value.String() == checks.DefValue {
		if err := flag.Set("rapid.checks", strconv.Itoa(modelChecks)); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = flag.Set("rapid.checks", checks.DefValue) }()
	}
	var total modelSeen
	rapid.Check(t, func(rt *rapid.T) {
		seen, err := modelCheck(t, modelCases.Draw(rt, "case"), asItIs)
		if err != nil {
			rt.Fatal(err)
		}
		total.add(seen)
	})
	// A few random cases need not show every outcome. These always do.
	for seed := 0; seed < 1000 && !t.Failed() && !total.all(); seed++ {
		seen, err := modelCheck(t, modelCases.Example(seed), asItIs)
		if err != nil {
			t.Errorf("example %d: %v", seed, err)
		}
		total.add(seen)
	}
	t.Logf("%+v", total)
	if !t.Failed() && !total.all() {
		t.Errorf("some outcomes have never been seen: %+v", total)
	}
}

// unmindful is a cache that keeps what was loaded whatever was invalidated meanwhile.
type unmindful struct {
	*resultcache.View[int, modelValue]
}

func (u unmindful) Set(ctx ctx, _ loadcache.Stamp, keys []int, results []stages.Result[modelValue]) {
	u.View.Set(ctx, u.Get(ctx, nil, nil), keys, results)
}

// joinable is a cache by which loads in flight are shared whatever was invalidated meanwhile.
type joinable struct {
	*resultcache.View[int, modelValue]
}

func (joinable) Outdated(int, loadcache.Stamp) bool { return false }

// The model is worth something: without the comparison of generations it finds the rules broken.
func TestTheModelFindsMissingChecks(t *testing.T) {
	for name, wrap := range map[string]func(*resultcache.View[int, modelValue]) loadcache.Cache[int, stages.Result[modelValue]]{
		"what was loaded before": func(v *resultcache.View[int, modelValue]) loadcache.Cache[int, stages.Result[modelValue]] {
			return unmindful{v}
		},
		"what is in flight": func(v *resultcache.View[int, modelValue]) loadcache.Cache[int, stages.Result[modelValue]] {
			return joinable{v}
		},
	} {
		t.Run(name, func(t *testing.T) {
			const cases = 2000
			for seed := range cases {
				if _, err := modelCheck(t, modelCases.Example(seed), wrap); err != nil {
					t.Logf("case %d: %v", seed, err)
					return
				}
			}
			t.Error(fmt.Sprint("nothing is found in ", cases, " cases"))
		})
	}
}
