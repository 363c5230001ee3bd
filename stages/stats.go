package stages

import "time"

// ExtraRows explains what CallStats.Extra counts: a query does not do what its author thinks, or its key column is not the
// column that it compares.
const ExtraRows = "rows for keys that were not asked for are left out"

// CallStats counts the calls of a loader.
type CallStats struct {
	Calls    int           // bulk calls made
	Failed   int           // those that returned an error for the call as a whole
	Extra    int           // answers whose keys were not asked for
	Duration time.Duration // of all calls together
	Longest  time.Duration // of the longest
}

func (s *CallStats) count(err error, took time.Duration, extra int) {
	s.Calls++
	if err != nil {
		s.Failed++
	}
	s.Extra += extra
	s.Duration += took
	s.Longest = max(s.Longest, took)
}

func (s *CallStats) add(o CallStats) {
	s.Calls += o.Calls
	s.Failed += o.Failed
	s.Extra += o.Extra
	s.Duration += o.Duration
	s.Longest = max(s.Longest, o.Longest)
}

// StageStats is the funnel of one stage in one run: unique keys, and how each of them ended.
type StageStats struct {
	Stage     string // the name given by Named, or the loader's
	Unique    int    // distinct keys
	Hit       int    // from the cache, with a value
	Negative  int    // from the cache, known to be missing
	Loaded    int    // from the source
	Missing   int    // not in the source
	Failed    int
	Coalesced int       // loaded for another stage of the run, or for another batch at the same time
	Calls     CallStats // of the calls made for this stage; a call that stages share is counted for the first of them
	// Asked and Settled are when the stage asked for its keys and when it had all answers, from the start of the run.
	Asked, Settled time.Duration
}
