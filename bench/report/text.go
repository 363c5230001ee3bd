package report

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/dustin/go-humanize"
)

// Text writes the tables: one for each shape, and one of the figures.
func (r Report) Text(w io.Writer) error {
	e := r.Environment
	_, _ = fmt.Fprintf(w, "%s  Go %s, Kafka %s, PostgreSQL %s, %d cores", r.Date, e.Go, e.Kafka, e.Postgres, e.Cores)
	if e.CPU != "" {
		_, _ = fmt.Fprintf(w, " (%s)", e.CPU)
	}
	_, _ = fmt.Fprintf(w, ", %.1f GiB\n", e.Memory/1024)
	for _, s := range r.Shapes {
		if err := s.Write(w); err != nil {
			return err
		}
	}
	return r.WriteFigures(w)
}

// Write writes the table of a shape, with what was wrong below it.
func (s Shape) Write(w io.Writer) error {
	_, _ = fmt.Fprintf(w, "\n%s: %s\n%s events, rounds: %d, commit %s\n",
		s.Name, s.Text, humanize.Comma(int64(s.Events)), s.Rounds, s.Commit)
	writeTable := s.writeRates
	if s.About == aboutFault {
		writeTable = s.writeFaults
	}
	if err := writeTable(w); err != nil {
		return err
	}
	if s.Noise > 0 {
		_, _ = fmt.Fprintf(w, "noise: two runs of one processor in a round differ by up to %.0f %%\n", s.Noise*100)
	}
	for _, missing := range s.Missing {
		_, _ = fmt.Fprintf(w, "not had: %s: %s\n", missing.Name, missing.Why)
	}
	for _, line := range s.Problems() {
		_, _ = fmt.Fprintln(w, line)
	}
	return nil
}

// writeRates writes a line for each processor.
func (s Shape) writeRates(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	extras := s.extras()
	_, _ = fmt.Fprintf(table, "processor\tdelivery\t%s\tratio\trange\tCPU s/M\tratio\tRSS MiB\tcalls/k\tB/event\t%srepeated\t\t\n", strings.Join(s.columns(), "\t"), extras.head())
	for i := range s.Summaries {
		p := &s.Summaries[i]
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%.1f\t%s\t%.0f\t%.2f\t%s\t%s%d\t%s\t\n", p.Processor, p.Delivery, strings.Join(s.cells(p), "\t"),
			ratio(p.Ratio.Median), p.Ratio.between("%.2f"), p.CPU.Median, ratio(p.CPURatio.Median), p.RSS.Median, p.Calls.Median,
			known(p.Allocated.Median, "%.0f"), extras.cells(p), p.Repeated, p.verdict())
	}
	return table.Flush()
}

// columns are the heads of what a shape is about; medians, with the lowest and the highest of the first.
func (s Shape) columns() []string {
	switch s.About {
	case aboutLatency:
		return []string{"p50 ms", "p99 ms", "range", "p99.9 ms"}
	case aboutStart:
		return []string{"first output s", "range"}
	default:
		return []string{"events/s", "range", "first s"}
	}
}

// cells are the values in the columns.
func (s Shape) cells(p *Summary) []string {
	switch s.About {
	case aboutLatency:
		return []string{
			fmt.Sprintf("%.0f", p.P50.Median), fmt.Sprintf("%.0f", p.P99.Median), p.P99.between("%.0f"), fmt.Sprintf("%.0f", p.P999.Median),
		}
	case aboutStart:
		return []string{fmt.Sprintf("%.2f", p.FirstOutput.Median), p.FirstOutput.between("%.2f")}
	default:
		return []string{
			humanize.Comma(int64(p.Rate.Median)),
			humanize.Comma(int64(p.Rate.Lowest)) + " to " + humanize.Comma(int64(p.Rate.Highest)), fmt.Sprintf("%.2f", p.FirstOutput.Median),
		}
	}
}

// WriteFigures writes the table of the figures.
func (r Report) WriteFigures(w io.Writer) error {
	if len(r.Figures) == 0 {
		return nil
	}
	_, _ = fmt.Fprintln(w, "\nfigures to reach")
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "shape\tfigure\ttarget\treached\tlowest to highest\tnoise\tverdict")
	for _, f := range r.Figures {
		sign := "at least"
		if f.AtMost {
			sign = "at most"
		}
		reached, between := "-", "-"
		if f.Verdict != notMeasured {
			reached, between = fmt.Sprintf("%.2f", f.Reached.Median), f.Reached.between("%.2f")
		}
		noise := "-"
		if f.Noise > 0 {
			noise = fmt.Sprintf("%.0f %%", f.Noise*100)
		}
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s %.4g\t%s\t%s\t%s\t%s\n", f.Shape, f.Name, sign, f.Target, reached, between, noise, f.Verdict)
	}
	return table.Flush()
}

// between is the lowest and the highest as text.
func (s Spread) between(format string) string {
	if s.Highest == 0 {
		return "-"
	}
	return fmt.Sprintf(format+" to "+format, s.Lowest, s.Highest)
}

// ratio is a ratio as text, where there is one.
func ratio(value float64) string { return known(value, "%.2f") }

// known is a value as text, or a dash for 0.
func known(value float64, format string) string {
	if value == 0 {
		return "-"
	}
	return fmt.Sprintf(format, value)
}

// verdict says how many runs are not as they should be.
func (s *Summary) verdict() string {
	if s.Failed+s.Wrong == 0 {
		return "ok"
	}
	return fmt.Sprintf("%d of %d runs WRONG, %d FAILED", s.Wrong, s.Runs, s.Failed)
}
