package loaderline

import (
	"github.com/loaderline/loaderline/sink"
	"github.com/loaderline/loaderline/stages"
)

// Tally is what became of one micro-batch. Its parts add up to Records.
type Tally struct {
	// Number counts the micro-batches of a transaction: 0 is the first, or only, one.
	Number      int
	Records     int // input records, and those of retry topics
	Enriched    int // of them, those that were enriched; each may have made several output records
	Forwarded   int // tombstones published as they are
	Dropped     int // those that Encode made nothing of, and dropped tombstones
	Retried     int // those that wait in a retry topic from now on; each is a record again when it is tried
	DeadLetters map[DeadLetter]int
	Stages      []stages.StageStats
}

// DeadLetter is a reason for dead letters.
type DeadLetter struct {
	Kind  sink.Kind
	Stage string
}

// Abort is why a micro-batch was not committed.
type Abort string

// The reasons. The records are polled again in each case.
const (
	AbortedByRebalance Abort = "rebalance" // the group wanted its partitions
	AbortedByOutage    Abort = "outage"    // a source answered nobody
	AbortedByShutdown  Abort = "shutdown"  // the drain was too short for it
	AbortedByRefusal   Abort = "refused"   // the broker refused a record
	AbortedByOverflow  Abort = "overflow"  // its outputs were more than MaxOutputBytes
	AbortedByError     Abort = "error"     // the session was lost, or the pipeline cannot go on
)

func (t *Tally) dead(f *Failure) {
	if t.DeadLetters == nil {
		t.DeadLetters = map[DeadLetter]int{}
	}
	t.DeadLetters[DeadLetter{Kind: f.Kind, Stage: f.Stage}]++
}
