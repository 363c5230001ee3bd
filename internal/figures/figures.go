// Package figures says what a run did in the last minute: how many records, keys and calls, and how long they took.
package figures

import (
	"slices"
	"sync"
	"time"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/cachetier"
	"github.com/loaderline/loaderline/stages"
)

const (
	// span is how far back a Window reaches.
	span = time.Minute
	// every is the least time between two marks: a Window begins at most this much earlier or later than it says.
	every = time.Second
)

// Figures add up the tallies of committed micro-batches. They are safe for concurrent use.
type Figures struct {
	tiers []string // of the cache
	waits func() map[string]time.Duration

	mu    sync.Mutex
	began time.Time
	total counts
	marks []mark // the oldest first
}

// counts are sums since the start.
type counts struct {
	records              int
	load, encode, commit time.Duration // of the steps of transactions
	stages               []stages.StageStats
}

// mark has the counts before the first tally of a second.
type mark struct {
	at time.Time
	counts

	waits map[string]time.Duration
}

// New returns figures that are zero. names are the stages, and tiers are the tiers of the cache below the memory. rateWaits returns how long
// the calls of each source have waited for its rate limit since the start; it may be called from any goroutine.
func New(names, tiers []string, rateWaits func() map[string]time.Duration) *Figures {
	f := &Figures{tiers: append([]string{cachetier.MemoryName}, tiers...), waits: rateWaits, began: time.Now()}
	for _, name := range names {
		f.total.stages = append(f.total.stages, stages.StageStats{Stage: name})
	}
	return f
}

// Add adds a micro-batch that was committed.
func (f *Figures) Add(t loaderline.Tally) {
	now := time.Now()
	f.mu.Lock()
	defer f.mu.Unlock()
	if last := len(f.marks) - 1; last < 0 || now.Sub(f.marks[last].at) >= every {
		f.marks = slices.DeleteFunc(f.marks, func(m mark) bool { return now.Sub(m.at) > span })
		f.marks = append(f.marks, mark{now, f.total.clone(), f.waits()})
	}
	f.total.add(t)
}

func (c *counts) clone() counts {
	cloned := *c
	cloned.stages = slices.Clone(c.stages)
	for i := range cloned.stages {
		cloned.stages[i].Tiers = slices.Clone(cloned.stages[i].Tiers)
	}
	return cloned
}

func (c *counts) add(t loaderline.Tally) {
	c.records += t.Records
	c.load += t.LoadTime
	c.encode += t.EncodeTime
	c.commit += t.CommitTime
	for _, s := range t.Stages {
		if i := slices.IndexFunc(c.stages, func(known stages.StageStats) bool { return known.Stage == s.Stage }); i >= 0 {
			addStage(&c.stages[i], s)
		}
	}
}

func addStage(sum *stages.StageStats, s stages.StageStats) {
	sum.Unique += s.Unique
	sum.Hit += s.Hit
	sum.Negative += s.Negative
	sum.Loaded += s.Loaded
	sum.Missing += s.Missing
	sum.Failed += s.Failed
	sum.Coalesced += s.Coalesced
	sum.Calls += s.Calls
	sum.CallTime += s.CallTime
	sum.Critical += s.Critical
	for len(sum.Tiers) < len(s.Tiers) {
		sum.Tiers = append(sum.Tiers, 0)
	}
	for i, hits := range s.Tiers {
		sum.Tiers[i] += hits
	}
}
