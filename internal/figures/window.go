package figures

import (
	"time"

	"github.com/loaderline/loaderline/stages"
)

// Window is what was committed in the last minute, or since the start.
type Window struct {
	Seconds float64 `json:"seconds"`
	Records int     `json:"records"` // of the input and of retry topics
	// Load, Encode and Commit are how long the steps of transactions took, over all workers.
	Load   float64 `json:"load_seconds"`
	Encode float64 `json:"encode_seconds"`
	Commit float64 `json:"commit_seconds"`
	// RateWaits are how long the calls of each source waited for its rate limit, in seconds.
	RateWaits map[string]float64 `json:"rate_wait_seconds"`
	// Stages are in the order of the file.
	Stages []Stage `json:"stages"`
}

// Busy is how long transactions took.
func (w *Window) Busy() float64 { return w.Load + w.Encode + w.Commit }

// Stage is what one stage did. Each key counts once in a micro-batch.
type Stage struct {
	Stage string `json:"stage"`
	Keys  int    `json:"keys"` // the sum of the next six
	// Hits and Negative were in the cache: with a value, and known to be missing.
	Hits      int `json:"hits"`
	Negative  int `json:"negative"`
	Coalesced int `json:"coalesced"` // loaded for another stage or micro-batch at that time
	Loaded    int `json:"loaded"`
	Missing   int `json:"missing"`
	Failed    int `json:"failed"`
	// Tiers are the keys that were in the cache, by tier.
	Tiers       map[string]int `json:"tier_hits"`
	Calls       int            `json:"calls"`
	CallSeconds float64        `json:"call_seconds"` // of all calls together
	// Share is the part of the time of transactions for which they waited for this stage and for no other, from 0 to 1.
	Share float64 `json:"share"`
}

// Requested is the number of keys that the source was asked for.
func (s *Stage) Requested() int { return s.Loaded + s.Missing + s.Failed }

// Window returns the last minute.
func (f *Figures) Window() Window {
	now := time.Now()
	f.mu.Lock()
	defer f.mu.Unlock()
	w := Window{Seconds: min(now.Sub(f.began), span).Seconds(), RateWaits: map[string]float64{}, Stages: make([]Stage, len(f.total.stages))}
	waits := f.waits()
	from := mark{counts: f.total, waits: waits} // Nothing was committed since.
	for _, m := range f.marks {
		if now.Sub(m.at) <= span {
			from = m
			break
		}
	}
	for source, wait := range waits {
		w.RateWaits[source] = (wait - from.waits[source]).Seconds()
	}
	w.Records = f.total.records - from.records
	w.Load = (f.total.load - from.load).Seconds()
	w.Encode = (f.total.encode - from.encode).Seconds()
	w.Commit = (f.total.commit - from.commit).Seconds()
	for i := range f.total.stages {
		w.Stages[i] = f.stage(f.total.stages[i], from.stages[i])
		if busy := w.Busy(); busy > 0 {
			w.Stages[i].Share = (f.total.stages[i].Critical - from.stages[i].Critical).Seconds() / busy
		}
	}
	return w
}

// stage is the difference of two sums of a stage.
func (f *Figures) stage(now, before stages.StageStats) Stage {
	s := Stage{
		Stage: now.Stage, Keys: now.Unique - before.Unique, Hits: now.Hit - before.Hit, Negative: now.Negative - before.Negative,
		Coalesced: now.Coalesced - before.Coalesced, Loaded: now.Loaded - before.Loaded, Missing: now.Missing - before.Missing, Failed: now.Failed - before.Failed,
		Calls: now.Calls - before.Calls, CallSeconds: (now.CallTime - before.CallTime).Seconds(), Tiers: make(map[string]int, len(f.tiers)),
	}
	for i, tier := range f.tiers {
		s.Tiers[tier] = 0
		if i < len(now.Tiers) {
			s.Tiers[tier] = now.Tiers[i]
		}
		if i < len(before.Tiers) {
			s.Tiers[tier] -= before.Tiers[i]
		}
	}
	return s
}
