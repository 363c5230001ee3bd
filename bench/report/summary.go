package report

import (
	"strings"

	"github.com/loaderline/loaderline/bench"
)

// Summary is what a processor's runs come to. Runs that failed count in nothing but Failed.
type Summary struct {
	Processor string `json:"processor"`
	Delivery  string `json:"delivery,omitempty"`
	Runs      int    `json:"runs"`
	Wrong     int    `json:"wrong_runs"`
	Failed    int    `json:"failed_runs"`
	Repeated  int    `json:"repeated"`

	Rate        Spread `json:"rate"`
	FirstOutput Spread `json:"first_output_s"`
	P50         Spread `json:"latency_p50_ms"`
	P99         Spread `json:"latency_p99_ms"`
	P999        Spread `json:"latency_p99_9_ms"`
	CPU         Spread `json:"cpu_s_per_million_events"`
	RSS         Spread `json:"rss_mib"`
	Calls       Spread `json:"backend_calls_per_thousand_events"`
	Allocated   Spread `json:"allocated_bytes_per_event"`
	// Idle and Rebalance are 0 in a shape without them.
	Idle      Spread `json:"idle_percent,omitzero"`
	Rebalance Spread `json:"rebalance_s,omitzero"`
	// Ratio is of what the shape is about (the rate, the 99th percentile, the first output) to the first processor's in
	// the same round, and CPURatio of the CPU seconds for an event.
	Ratio    Spread `json:"ratio"`
	CPURatio Spread `json:"cpu_ratio"`
}

// Summarize returns a summary for each processor, in the order in which they ran. Ratios are to base.
func Summarize(runs []bench.Result, base string, about measure) []Summary {
	var (
		order     []string
		summaries = map[string]*Summary{}
	)
	for _, r := range runs {
		s := summaries[r.Processor]
		if s == nil {
			s = &Summary{Processor: r.Processor, Delivery: r.Delivery}
			summaries[r.Processor] = s
			order = append(order, r.Processor)
		}
		s.Runs++
		s.Repeated += r.Repeated
		switch {
		case r.Failure != "":
			s.Failed++
		case r.Verdict != "":
			s.Wrong++
		}
	}
	list := make([]Summary, 0, len(order))
	for _, name := range order {
		s := summaries[name]
		for to, m := range map[*Spread]measure{
			&s.Rate: rate, &s.FirstOutput: first, &s.P50: p50, &s.P99: p99, &s.P999: p999,
			&s.CPU: cpu, &s.RSS: memory, &s.Calls: calls, &s.Allocated: allocated,
			&s.Idle: idle, &s.Rebalance: rebalance,
		} {
			*to = spreadOf(m.of(runs, name))
		}
		s.Ratio = spreadOf(about.ratios(runs, name, base))
		s.CPURatio = spreadOf(cpu.ratios(runs, name, base))
		list = append(list, *s)
	}
	return list
}

// noise returns by what part a processor differs from itself at most: 0.05 where one that ran twice in each round was
// once 5 % faster or slower than the other time. It is 0 where none ran twice.
func noise(runs []bench.Result, m measure) (most float64) {
	for _, r := range runs {
		base, ok := strings.CutSuffix(r.Processor, bench.Again)
		if !ok {
			continue
		}
		for _, ratio := range m.ratios(runs, r.Processor, base) {
			most = max(most, ratio-1, 1/ratio-1)
		}
	}
	return most
}
