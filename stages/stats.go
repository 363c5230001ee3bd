package stages

import "time"

// StageStats counts the distinct keys of one stage in one run, and how each of them ended.
type StageStats struct {
	Stage     string // the name given by Named, or the loader's
	Unique    int    // distinct keys: the sum of the next six
	Hit       int    // from the cache, with a value
	Negative  int    // from the cache, known to be missing
	Loaded    int    // from the source
	Missing   int    // not in the source
	Failed    int
	Coalesced int // loaded for another stage of the run, or for another run at the same time
	// Tiers are the keys of Hit and Negative by the tier of the cache that had them: the memory, then those below it. It ends with the last
	// tier that had any. Stale values are in none.
	Tiers []int
	// Calls is the number of bulk calls made for this stage. A call that stages share counts for the first of them.
	Calls int
	// CallTime is how long those calls took, all together. Calls that run at the same time each count in full.
	CallTime time.Duration
	// Extra is the number of values that those calls returned for keys that were not asked for. They are left out.
	Extra int
	// Asked and Settled are when the stage asked for its keys and when it had all results, from the start of the run.
	Asked, Settled time.Duration
	// Critical is the time from Asked to Settled if the stage is on the critical path of the run, and otherwise zero. The path ends with the stage
	// that settled last. Each stage on it was waited for by the next one: it settled last of those that the next one's keys come from. Only a
	// faster stage on the path makes the run faster.
	Critical time.Duration
}

// hitIn counts a hit in a tier, as Result.Tier has it.
func (s *StageStats) hitIn(tier uint8) {
	if tier == 0 {
		return
	}
	for len(s.Tiers) < int(tier) {
		s.Tiers = append(s.Tiers, 0)
	}
	s.Tiers[tier-1]++
}

// callStats counts the calls of a loader.
type callStats struct {
	calls int           // bulk calls made
	took  time.Duration // all of them together
	extra int           // values for keys that were not asked for
}

func (s *callStats) add(o callStats) {
	s.calls += o.calls
	s.took += o.took
	s.extra += o.extra
}
