package invalidation

import (
	"maps"
	"sync"
)

// What became of a record.
const (
	// Applied records made the cache forget what they name.
	Applied = "applied"
	// Nothing means that the record belongs to no cached stage.
	Nothing = "nothing"
	// Unclear records could not be understood, in whole or in part.
	Unclear = "unclear"
)

// Results are what may become of a record.
func Results() []string { return []string{Applied, Nothing, Unclear} }

// Counts is what was done since the start.
type Counts struct {
	// Keys are the keys that were invalidated, and All how often all of a stage were, by stage.
	Keys, All map[string]uint64
	// Records counts the records that were read, by topic and result.
	Records map[string]map[string]uint64
}

// counts are safe for concurrent use.
type counts struct {
	mu    sync.Mutex
	total Counts
}

// Counts gives what was done so far.
func (v *Invalidator) Counts() Counts {
	c := &v.counts
	c.mu.Lock()
	defer c.mu.Unlock()
	records := map[string]map[string]uint64{}
	for topic, results := range c.total.Records {
		records[topic] = maps.Clone(results)
	}
	return Counts{Keys: maps.Clone(c.total.Keys), All: maps.Clone(c.total.All), Records: records}
}

func (c *counts) keys(stage string, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.total.Keys == nil {
		c.total.Keys = map[string]uint64{}
	}
	c.total.Keys[stage] += uint64(n)
}

func (c *counts) all(stage string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.total.All == nil {
		c.total.All = map[string]uint64{}
	}
	c.total.All[stage]++
}

func (c *counts) record(topic, result string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.total.Records == nil {
		c.total.Records = map[string]map[string]uint64{}
	}
	if c.total.Records[topic] == nil {
		c.total.Records[topic] = map[string]uint64{}
	}
	c.total.Records[topic][result]++
}
