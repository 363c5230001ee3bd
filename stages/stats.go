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
	// Calls is the number of bulk calls made for this stage. A call that stages share counts for the first of them.
	Calls int
	// Extra is the number of values that those calls returned for keys that were not asked for. They are left out.
	Extra int
	// Asked and Settled are when the stage asked for its keys and when it had all results, from the start of the run.
	Asked, Settled time.Duration
}

// callStats counts the calls of a loader.
type callStats struct {
	calls int // bulk calls made
	extra int // values for keys that were not asked for
}

func (s *callStats) add(o callStats) {
	s.calls += o.calls
	s.extra += o.extra
}
