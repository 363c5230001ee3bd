package runtime

import (
	"maps"
	"sync"

	"github.com/loaderline/loaderline"
)

// Totals are counts since the start of a run. The zero Totals is ready to use, and safe for concurrent use.
type Totals struct {
	mu    sync.Mutex
	count Count
}

// Count is a state of Totals.
type Count struct {
	Records   int // input records, and those of retry topics
	Enriched  int
	Forwarded int // tombstones published as they are
	Filtered  int
	Dropped   int
	Retried   int            // events that went to a retry topic, each time they did
	Dead      map[string]int // dead letters by kind

	Keys  int // distinct keys of each micro-batch and stage
	Hits  int // keys that were in the cache, also as missing
	Calls int // bulk calls of sources
}

// DeadLetters is the number of dead letters of all kinds.
func (c Count) DeadLetters() int {
	n := 0
	for _, of := range c.Dead {
		n += of
	}
	return n
}

// Add counts a micro-batch that was committed.
func (t *Totals) Add(tally loaderline.Tally) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := &t.count
	c.Records += tally.Records
	c.Enriched += tally.Enriched
	c.Forwarded += tally.Forwarded
	c.Filtered += tally.Filtered
	c.Dropped += tally.Dropped
	c.Retried += tally.Retried
	for why, n := range tally.DeadLetters {
		if c.Dead == nil {
			c.Dead = map[string]int{}
		}
		c.Dead[string(why.Kind)] += n
	}
	for _, s := range tally.Stages {
		c.Keys += s.Unique
		c.Hits += s.Hit + s.Negative
		c.Calls += s.Calls
	}
}

// Count is the state so far.
func (t *Totals) Count() Count {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.count
	c.Dead = maps.Clone(c.Dead)
	return c
}
