package chaos

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
)

// Report is the results of a run of the suite.
type Report struct {
	Seed uint64 `json:"seed"`
	OK   bool   `json:"ok"`
	// Scenarios have their rounds summed up.
	Scenarios []Result     `json:"scenarios"`
	Faults    []FaultTally `json:"faults"`
	Rounds    []Result     `json:"rounds"`
}

// NewReport joins the results of rounds.
func NewReport(seed uint64, results []Result) Report {
	report := Report{Seed: seed, OK: len(results) > 0, Scenarios: sum(results), Faults: tally(results), Rounds: results}
	for _, r := range results {
		report.OK = report.OK && r.OK
	}
	return report
}

// Text writes the table, with the problems below it.
func (r Report) Text(to io.Writer) error {
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(table, "scenario\trounds\trecords\tlost\tduplicate\treordered\twrong\trecovery p50 s\tmax s\tpeak MiB\t\t")
	for i := range r.Scenarios {
		s := &r.Scenarios[i]
		median, most := s.recovery()
		verdict := "ok"
		if !s.OK {
			verdict = "FAILED"
		}
		_, _ = fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%.1f\t%.1f\t%d\t%s\t\n", s.Scenario, s.Rounds, s.Records,
			s.Lost, s.Duplicates, s.Reordered, s.Wrong, median, most, s.PeakBytes>>20, verdict)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	var text strings.Builder
	for _, s := range r.Rounds {
		for _, p := range s.Problems {
			fmt.Fprintf(&text, "%s (seed %d): %s\n", s.Scenario, s.Seed, p)
		}
	}
	r.growths(&text)
	r.faults(&text)
	fmt.Fprintf(&text, "seed %d\n", r.Seed)
	_, err := io.WriteString(to, text.String())
	return err
}

// Write puts report.txt, report.json and timeline.svg into a folder, and usage.svg where a process was watched.
func (r Report) Write(dir string) error {
	var text strings.Builder
	if err := r.Text(&text); err != nil {
		return err
	}
	document, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	files := map[string]string{"report.txt": text.String(), "report.json": string(document) + "\n", "timeline.svg": timeline(r.Rounds)}
	for i := range r.Rounds {
		if len(r.Rounds[i].Usage) > 0 {
			files["usage.svg"] = usageDrawing(&r.Rounds[i])
		}
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// growths writes what the first process held, where it was watched.
func (r Report) growths(to io.Writer) {
	for i := range r.Rounds {
		if len(r.Rounds[i].Growths) == 0 {
			continue
		}
		table := tabwriter.NewWriter(to, 0, 0, 2, ' ', tabwriter.AlignRight)
		_, _ = fmt.Fprintln(table, "\nin the second half\tmedian\tgrowth\tallowed\t\t")
		for _, g := range r.Rounds[i].Growths {
			verdict := "flat"
			if !g.Flat {
				verdict = "GROWS"
			}
			_, _ = fmt.Fprintf(table, "%s\t%.1f\t%.1f\t%.1f\t%s\t\n", g.What, g.Median, g.Growth, g.Allowed, verdict)
		}
		_ = table.Flush() // A strings.Builder takes all.
	}
}

// faults writes the table of faults, and below it which of them could not be injected.
func (r Report) faults(to io.Writer) {
	_, _ = fmt.Fprintln(to)
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(table, "fault\ttimes\trecovery max s\t")
	for _, f := range r.Faults {
		_, _ = fmt.Fprintf(table, "%s\t%d\t%.1f\t\n", f.Fault, f.Times, f.Recovery)
	}
	_ = table.Flush() // A strings.Builder takes all.
	var skipped []string
	for _, s := range r.Scenarios {
		skipped = append(skipped, s.Skipped...)
	}
	slices.Sort(skipped)
	for _, s := range slices.Compact(skipped) {
		_, _ = fmt.Fprintln(to, "not injected:", s)
	}
	for _, s := range r.Scenarios {
		for _, transaction := range s.Repeated {
			_, _ = fmt.Fprintf(to, "run again, since the brokers left a transaction open: %s: %s\n", s.Scenario, transaction)
		}
	}
	_, _ = fmt.Fprint(to, "docs/guarantees.md says which faults no round injects, and why\n\n")
}
