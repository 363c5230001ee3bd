package report

import (
	"slices"

	"github.com/loaderline/loaderline/bench"
)

// Spread is the lowest, the median and the highest of some values; all are 0 where there are none.
type Spread struct {
	Lowest  float64 `json:"lowest"`
	Median  float64 `json:"median"`
	Highest float64 `json:"highest"`
}

// spreadOf returns the spread of values.
func spreadOf(values []float64) Spread {
	n := len(values)
	if n == 0 {
		return Spread{}
	}
	values = slices.Sorted(slices.Values(values))
	return Spread{Lowest: values[0], Median: (values[(n-1)/2] + values[n/2]) / 2, Highest: values[n-1]}
}

// measure is what is taken from a result.
type measure func(bench.Result) float64

// The measures. A measure that grows with the events is per a number of events, since processors may get different numbers.
var (
	rate      measure = func(r bench.Result) float64 { return r.Rate }
	cpu       measure = func(r bench.Result) float64 { return r.CPU * 1e6 / float64(r.Events) }            // seconds for a million
	calls     measure = func(r bench.Result) float64 { return float64(r.Calls) * 1e3 / float64(r.Events) } // for a thousand
	allocated measure = func(r bench.Result) float64 { return float64(r.Allocated) / float64(r.Events) }   // bytes for one
	memory    measure = func(r bench.Result) float64 { return r.RSS }
	first     measure = func(r bench.Result) float64 { return r.FirstOutput }
	idle      measure = func(r bench.Result) float64 { return r.Idle }
	rebalance measure = func(r bench.Result) float64 { return r.Rebalance }
	repeated  measure = func(r bench.Result) float64 { return float64(r.Repeated) }
	amiss     measure = func(r bench.Result) float64 { return float64(after(r).Lost + r.Repeated) }
	// deadLetters is how many records a fault left there.
	deadLetters measure = func(r bench.Result) float64 { return float64(after(r).Dead) }
	p50         measure = func(r bench.Result) float64 { return late(r).P50 }
	p99         measure = func(r bench.Result) float64 { return late(r).P99 }
	p999        measure = func(r bench.Result) float64 { return late(r).P999 }
)

func after(r bench.Result) bench.After {
	if r.After == nil {
		return bench.After{}
	}
	return *r.After
}

func late(r bench.Result) bench.Latency {
	if r.Latency == nil {
		return bench.Latency{}
	}
	return *r.Latency
}

// of returns the measure of each of a processor's runs that came to their end.
func (m measure) of(runs []bench.Result, processor string) (values []float64) {
	for _, r := range runs {
		if r.Processor == processor && r.Failure == "" {
			values = append(values, m(r))
		}
	}
	return values
}

// ratios divides the measure of a processor's runs by that of the base's run in the same round, since both met the same
// neighbours.
func (m measure) ratios(runs []bench.Result, processor, base string) (ratios []float64) {
	for _, r := range runs {
		for _, b := range runs {
			if r.Processor != processor || b.Processor != base || r.Round != b.Round || r.Failure != "" || b.Failure != "" {
				continue
			}
			if below := m(b); below > 0 {
				ratios = append(ratios, m(r)/below)
			}
		}
	}
	return ratios
}
