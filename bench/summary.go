package bench

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// Summary is the medians of a processor's runs.
type Summary struct {
	Processor string `json:"processor"`
	Runs      int    `json:"runs"`
	Wrong     int    `json:"wrong_runs"`
	// Rate, FirstOutput, CPU and RSS are as in [Result]. Lowest and Highest are the rates of the slowest and the
	// fastest run.
	Rate        float64 `json:"rate"`
	Lowest      float64 `json:"lowest_rate"`
	Highest     float64 `json:"highest_rate"`
	FirstOutput float64 `json:"first_output_s"`
	CPU         float64 `json:"cpu_s"`
	RSS         float64 `json:"rss_mib"`
	// Ratio is the rate as a part of the first processor's, and CPURatio the CPU seconds: the medians of the ratios of each
	// round, since what ran in one round met the same neighbours. LowestRatio and HighestRatio are of the rate.
	Ratio        float64 `json:"ratio"`
	LowestRatio  float64 `json:"lowest_ratio"`
	HighestRatio float64 `json:"highest_ratio"`
	CPURatio     float64 `json:"cpu_ratio"`
}

// Summarize returns a summary for each processor, in the order in which they ran.
func Summarize(results []Result) []Summary {
	var (
		order []string
		runs  = map[string][]Result{}
	)
	for _, r := range results {
		if runs[r.Processor] == nil {
			order = append(order, r.Processor)
		}
		runs[r.Processor] = append(runs[r.Processor], r)
	}
	summaries := make([]Summary, 0, len(order))
	for _, name := range order {
		s := Summary{Processor: name, Runs: len(runs[name])}
		for _, r := range runs[name] {
			if r.Verdict != "" {
				s.Wrong++
			}
		}
		s.Lowest, s.Rate, s.Highest = spread(runs[name], func(r Result) float64 { return r.Rate })
		_, s.FirstOutput, _ = spread(runs[name], func(r Result) float64 { return r.FirstOutput })
		_, s.CPU, _ = spread(runs[name], func(r Result) float64 { return r.CPU })
		_, s.RSS, _ = spread(runs[name], func(r Result) float64 { return r.RSS })
		pairs := paired(runs[name], runs[order[0]])
		s.LowestRatio, s.Ratio, s.HighestRatio = spread(pairs, func(r Result) float64 { return r.Rate })
		_, s.CPURatio, _ = spread(pairs, func(r Result) float64 { return r.CPU })
		summaries = append(summaries, s)
	}
	return summaries
}

// paired divides the rates and the CPU seconds of runs by those of the base's run in the same round.
func paired(runs, base []Result) []Result {
	var ratios []Result
	for _, r := range runs {
		for _, b := range base {
			if b.Round == r.Round {
				ratios = append(ratios, Result{Rate: r.Rate / b.Rate, CPU: r.CPU / b.CPU})
			}
		}
	}
	return ratios
}

// spread returns the lowest, the median and the highest value of some runs.
func spread(runs []Result, of func(Result) float64) (lowest, median, highest float64) {
	if len(runs) == 0 {
		return 0, 0, 0
	}
	values := make([]float64, len(runs))
	for i, r := range runs {
		values[i] = of(r)
	}
	slices.Sort(values)
	n := len(values)
	return values[0], (values[(n-1)/2] + values[n/2]) / 2, values[n-1]
}

// WriteTable writes summaries as a table.
func WriteTable(w io.Writer, summaries []Summary) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(table, "processor\tevents/s\tlowest\thighest\tratio\tlowest\thighest\tfirst s\tCPU s\tCPU ratio\tRSS MiB\truns\twrong\t")
	for _, s := range summaries {
		_, _ = fmt.Fprintf(table, "%s\t%.0f\t%.0f\t%.0f\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t%.0f\t%d\t%d\t\n", s.Processor, s.Rate, s.Lowest,
			s.Highest, s.Ratio, s.LowestRatio, s.HighestRatio, s.FirstOutput, s.CPU, s.CPURatio, s.RSS, s.Runs, s.Wrong)
	}
	return table.Flush()
}
