package chaos

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/loaderline/loaderline/testenv"
)

// Result is what came out of one round, or of all rounds of a scenario.
type Result struct {
	Scenario string  `json:"scenario"`
	Seed     uint64  `json:"seed"` // of the first round
	Rounds   int     `json:"rounds"`
	Seconds  float64 `json:"seconds"`
	Records  int     `json:"records"`
	Dead     int     `json:"dead_letters"`
	Kills    int     `json:"kills"`
	Lost     int     `json:"lost"`
	// Duplicates are faults of exactly once alone.
	Duplicates int `json:"duplicates"`
	Reordered  int `json:"reordered"`
	// Wrong are wrong contents, outcomes that should not be, and offsets that are not what has an outcome.
	Wrong      int       `json:"wrong"`
	Recoveries []float64 `json:"recovery_seconds"`
	PeakBytes  int64     `json:"peak_bytes"` // of one process
	// Problems is what the checker does not see, and examples of what it has seen.
	Problems []string `json:"problems"`
	// Skipped are faults that could not be injected on this machine, and why.
	Skipped []string `json:"skipped,omitempty"`
	// Repeated are transactions that the brokers left open, for which rounds were run again: see Run.
	Repeated []string `json:"repeated,omitempty"`
	OK       bool     `json:"ok"`
	Marks    []Mark   `json:"faults,omitempty"`
	Timeline []Sample `json:"timeline,omitempty"`
	// Usage is what the first process held, where it was watched, and Growths the judgement on it.
	Usage   []Usage  `json:"usage,omitempty"`
	Growths []Growth `json:"growths,omitempty"`
}

// Mark is when a fault was there, in seconds since the round began.
type Mark struct {
	Fault     string  `json:"fault"`
	Injected  float64 `json:"injected"`
	Healed    float64 `json:"healed"`
	Recovered float64 `json:"recovered"`
}

// Sample is how many records had an outcome by then.
type Sample struct {
	At       float64 `json:"at"`
	Outcomes int     `json:"outcomes"`
}

// judged takes the checker's verdict.
func (r *Result) judged(report *testenv.Report) {
	r.Records, r.Dead, r.Lost = report.Inputs, report.Dead, report.Lost.Count
	r.Duplicates, r.Reordered = report.Duplicates.Count, report.OutOfOrder.Count
	r.Wrong = report.Wrong.Count + report.Unexpected.Count + report.Uncommitted.Count
	findings := []testenv.Finding{report.Lost, report.OutOfOrder, report.Wrong, report.Unexpected, report.Uncommitted}
	if !report.AtLeastOnce {
		findings = append(findings, report.Duplicates)
	}
	for _, f := range findings {
		if f.Count > 0 {
			r.Problems = append(r.Problems, f.Examples[0])
		}
	}
	for source, letter := range report.DeadLetters {
		if letter.Kind == "" || letter.Message == "" {
			r.Problems = append(r.Problems, fmt.Sprintf("the dead letter of %s does not say why", source))
			break
		}
	}
}

// recovery is the median and the longest of the recoveries.
func (r *Result) recovery() (median, most float64) {
	if len(r.Recoveries) == 0 {
		return 0, 0
	}
	sorted := slices.Sorted(slices.Values(r.Recoveries))
	return sorted[len(sorted)/2], sorted[len(sorted)-1]
}

// sum joins the rounds of each scenario, in the order in which they first came, without what happened when.
func sum(results []Result) []Result {
	var all []Result
	for _, r := range results {
		r.Marks, r.Timeline, r.Usage, r.Growths = nil, nil, nil, nil
		i := slices.IndexFunc(all, func(s Result) bool { return s.Scenario == r.Scenario })
		if i < 0 {
			all = append(all, r)
			continue
		}
		s := &all[i]
		s.Rounds += r.Rounds
		s.Seconds += r.Seconds
		s.Records += r.Records
		s.Dead += r.Dead
		s.Kills += r.Kills
		s.Lost += r.Lost
		s.Duplicates += r.Duplicates
		s.Reordered += r.Reordered
		s.Wrong += r.Wrong
		s.Recoveries = append(slices.Clone(s.Recoveries), r.Recoveries...)
		s.PeakBytes = max(s.PeakBytes, r.PeakBytes)
		s.Problems = append(slices.Clone(s.Problems), r.Problems...)
		s.Skipped = append(slices.Clone(s.Skipped), r.Skipped...)
		s.Repeated = append(slices.Clone(s.Repeated), r.Repeated...)
		s.OK = s.OK && r.OK
	}
	return all
}

// FaultTally is how often a fault was injected, and the longest that a pipeline took to recover from it, in seconds.
type FaultTally struct {
	Fault    string  `json:"fault"`
	Times    int     `json:"times"`
	Recovery float64 `json:"recovery_seconds"`
}

// tally sums up the faults of rounds, by name.
func tally(results []Result) []FaultTally {
	of := map[string]FaultTally{}
	for i := range results {
		for _, m := range results[i].Marks {
			t := of[m.Fault]
			of[m.Fault] = FaultTally{Fault: m.Fault, Times: t.Times + 1, Recovery: max(t.Recovery, m.Recovered-m.Healed)}
		}
	}
	return slices.SortedFunc(maps.Values(of), func(a, b FaultTally) int { return strings.Compare(a.Fault, b.Fault) })
}

func tenths(seconds float64) float64 { return math.Round(10*seconds) / 10 }
