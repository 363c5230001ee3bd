package report

import (
	"fmt"

	"github.com/loaderline/loaderline/bench"
)

// notMeasured is the verdict where the processors did not run.
const notMeasured = "not measured"

// Figure is something that loaderline is to reach, with what it reached.
type Figure struct {
	Shape string `json:"shape"`
	Name  string `json:"figure"`
	// Target is the least that is to be reached, or the most where AtMost says so.
	Target float64 `json:"target"`
	AtMost bool    `json:"at_most,omitempty"`
	// Reached is over the rounds; its median counts.
	Reached Spread `json:"reached"`
	// Noise is how far the control was from itself: 0.05 is 5 %. It is 0 for what is no ratio.
	Noise float64 `json:"noise,omitempty"`
	// Verdict is "met", "within noise", "missed", or why there is none.
	Verdict string `json:"verdict"`
}

// target is a figure to reach.
type target struct {
	shape, name string
	limit       float64
	atMost      bool
	of          measure
	processor   string
	to          string // the processor that it is compared with; empty takes the measure as it is.
}

// targets are the figures to reach.
var targets = []target{
	{shape: "zipf", name: "events/s, to tuned-4", limit: 1, of: rate, processor: "loaderline", to: "tuned-4"},
	{shape: "zipf", name: "CPU seconds an event, to tuned-4", limit: 1.05, atMost: true, of: cpu, processor: "loaderline", to: "tuned-4"},
	{shape: "zipf", name: "events/s without source headers, to tuned-4", limit: 1.1, of: rate, processor: "loaderline-none", to: "tuned-4"},
	{
		shape: "zipf", name: "CPU seconds an event without source headers, to tuned-4", limit: 0.95, atMost: true, of: cpu,
		processor: "loaderline-none", to: "tuned-4",
	},
	{shape: "zipf", name: "backend calls for 1,000 events", limit: 1, atMost: true, of: calls, processor: "loaderline"},
	{shape: "zipf", name: "peak RSS with cache.memory 64MiB, MiB", limit: 256, atMost: true, of: memory, processor: "loaderline-64MiB"},
	{shape: "zipf", name: "events/s of two processes, to one", limit: 0.95, of: rate, processor: "loaderline-2x2", to: "loaderline"},
	{shape: "zipf", name: "repeated outputs of two processes", limit: 0, atMost: true, of: repeated, processor: "loaderline-2x2"},
	{shape: "memory", name: "peak RSS, to tuned-4", limit: 1, atMost: true, of: memory, processor: "loaderline", to: "tuned-4"},
	{shape: "memory", name: "peak RSS with memory 192MiB, MiB", limit: 192, atMost: true, of: memory, processor: "loaderline-192MiB"},
	{
		shape: "memory", name: "CPU seconds an event with memory 192MiB, to tuned-4", limit: 1.3, atMost: true, of: cpu,
		processor: "loaderline-192MiB", to: "tuned-4",
	},
	{shape: "warm", name: "events/s without source headers, to ceiling-4", limit: 0.95, of: rate, processor: "loaderline-none", to: "ceiling-4"},
	{shape: "uniform", name: "events/s without source headers, to tuned-4", limit: 1, of: rate, processor: "loaderline-none", to: "tuned-4"},
	{shape: "remote", name: "events/s, to tuned-4", limit: 2.5, of: rate, processor: "loaderline", to: "tuned-4"},
	{shape: "paced", name: "p99, to tuned", limit: 1.05, atMost: true, of: p99, processor: "loaderline", to: "tuned"},
	{shape: "paced", name: "p99 with one worker, to tuned", limit: 0.8, atMost: true, of: p99, processor: "loaderline-1", to: "tuned"},
	{
		shape: "paced", name: "p99 with one worker at least once, to tuned", limit: 1, atMost: true, of: p99,
		processor: "loaderline-1-at-least-once", to: "tuned-at-least-once",
	},
	{shape: "start", name: "seconds to the first output", limit: 1, atMost: true, of: first, processor: "loaderline"},
	{
		shape: "partitions", name: "CPU seconds an event with 1,000, to 4", limit: 1.1, atMost: true, of: cpu,
		processor: "loaderline-1000-partitions", to: "loaderline",
	},
	{shape: "partitions", name: "percent of a core with 1,000 and nothing to read", limit: 1, atMost: true, of: idle, processor: "loaderline-1000-partitions"},
	{
		shape: "members", name: "CPU seconds an event with 100, to 1", limit: 1.1, atMost: true, of: cpu,
		processor: "loaderline-100-members", to: "loaderline-1-member",
	},
	{shape: "malformed", name: "events lost or repeated", limit: 0, atMost: true, of: amiss, processor: "loaderline"},
	{shape: "malformed", name: "dead letters", limit: 1, of: deadLetters, processor: "loaderline"},
	{shape: "kill", name: "events lost or repeated", limit: 0, atMost: true, of: amiss, processor: "loaderline"},
	besideRate("flink-sql", 6), besideRate("flink-async", 4), besideRate("streams-cached", 6), besideRate("streams-bulk", 6),
	besideCPU("flink-sql"), besideCPU("flink-async"), besideCPU("streams-cached"), besideCPU("streams-bulk"),
}

// besideRate is how many times the rate of a peer loaderline is to have at least.
func besideRate(peer string, least float64) target {
	return target{shape: "peers", name: "events/s, to " + peer, limit: least, of: rate, processor: "loaderline", to: peer}
}

// besideCPU is the part of the CPU seconds of a peer that loaderline is to take at most.
func besideCPU(peer string) target {
	const eighth = 0.125
	return target{shape: "peers", name: "CPU seconds an event, to " + peer, limit: eighth, atMost: true, of: cpu, processor: "loaderline", to: peer}
}

// figures returns what was reached of the targets of a shape.
func figures(shape string, runs []bench.Result) (list []Figure) {
	for _, t := range targets {
		if t.shape == shape {
			list = append(list, t.judge(runs))
		}
	}
	return list
}

// judge compares runs with the target.
func (t target) judge(runs []bench.Result) Figure {
	f := Figure{Shape: t.shape, Name: t.name, Target: t.limit, AtMost: t.atMost}
	values := t.of.of(runs, t.processor)
	if t.to != "" {
		values = t.of.ratios(runs, t.processor, t.to)
		f.Noise = noise(runs, t.of)
	}
	f.Reached = spreadOf(values)
	switch {
	case len(values) == 0:
		f.Verdict = notMeasured
	case t.wrong(runs) > 0:
		f.Verdict = fmt.Sprintf("missed: %d runs were wrong or failed", t.wrong(runs))
	default:
		f.Verdict = f.verdict()
	}
	return f
}

// wrong returns how many runs of the processor were wrong, failed, or left outputs that nobody can compare.
func (t target) wrong(runs []bench.Result) (n int) {
	for _, r := range runs {
		if r.Processor == t.processor && (r.Verdict != "" || r.Failure != "" || r.After != nil && r.After.Open) {
			n++
		}
	}
	return n
}

// verdict compares the median with the target.
func (f Figure) verdict() string {
	reached, allowed := f.Reached.Median, 1+f.Noise
	met, near := reached >= f.Target, reached*allowed >= f.Target
	if f.AtMost {
		met, near = reached <= f.Target, reached <= f.Target*allowed
	}
	switch {
	case met:
		return "met"
	case near:
		return "within noise"
	default:
		return "missed"
	}
}
