package loaderline

import (
	"time"

	"github.com/loaderline/loaderline/sink"
	"github.com/loaderline/loaderline/stages"
)

// Tally counts the outcomes of one micro-batch. Its parts add up to Records.
type Tally struct {
	// Number counts the micro-batches of a transaction: 0 is the first, or only, one.
	Number      int
	Records     int // input records, and those of retry topics
	Enriched    int // records that were enriched; each may have several output records
	Forwarded   int // tombstones published as they are
	Filtered    int // events for which Decode returned ErrFiltered
	Dropped     int // events for which Encode returned no records, and dropped tombstones
	Retried     int // records that went to a retry topic; each counts as a record again when it comes out
	DeadLetters map[DeadLetter]int
	// Stages are the statistics of the stages. Only the micro-batch of a transaction whose lookups took longest has StageStats.Critical: those
	// of the others ran at the same time.
	Stages []stages.StageStats
	// LoadTime, EncodeTime and CommitTime are how long the transaction took to decode its events and to look up what they need, to make the
	// records, and to publish and commit them. Only its first micro-batch has them.
	LoadTime, EncodeTime, CommitTime time.Duration
}

// DeadLetter is a reason for dead letters.
type DeadLetter struct {
	Kind  sink.Kind
	Stage string
}

func (t *Tally) dead(f *Failure) {
	if t.DeadLetters == nil {
		t.DeadLetters = map[DeadLetter]int{}
	}
	t.DeadLetters[DeadLetter{Kind: f.Kind, Stage: f.Stage}]++
}
