package metrics_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the table of docs/metrics.md")

// The marks of the table in the page.
const (
	page      = "../../docs/metrics.md"
	tableFrom = "<!-- The table is made by go test ./internal/metrics -update. -->\n"
	tableTo   = "<!-- The end of the table. -->\n"
)

// TestDocs holds the table of the manual to what a scrape of a running pipeline gives.
func TestDocs(t *testing.T) {
	t.Parallel()
	l := startLine(t, often)
	l.await("a partition", func(now map[string]float64) bool { return has(now, records0, 0) })
	l.openTransaction()
	l.await("all series", func(now map[string]float64) bool { return has(now, `loaderline_stalled{reason="open_transaction"}`, 1) })
	text := scrape(t, l.metrics)
	check(t, text)

	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(data), tableFrom)
	old, after, ok2 := strings.Cut(rest, tableTo)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the table", page)
	}
	want := table(text)
	if *update {
		if err := os.WriteFile(page, []byte(before+tableFrom+want+tableTo+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, old); diff != "" {
		t.Errorf("the table differs (-want +got); make it again: go test ./internal/metrics -update\n%s", diff)
	}
}

// table is the metrics of a scrape, one a line.
func table(text string) string {
	help, kind, labels := map[string]string{}, map[string]string{}, map[string][]string{}
	for line := range strings.Lines(text) {
		switch fields := strings.SplitN(strings.TrimSpace(line), " ", 4); {
		case strings.HasPrefix(line, "# HELP loaderline_"):
			help[fields[2]] = fields[3]
		case strings.HasPrefix(line, "# TYPE loaderline_"):
			kind[fields[2]] = fields[3]
		case strings.HasPrefix(line, "loaderline_"):
			name, rest, _ := strings.Cut(line, "{")
			for _, suffix := range []string{"_bucket", "_sum", "_count"} {
				if base, ok := strings.CutSuffix(name, suffix); ok && kind[base] == "histogram" {
					name = base
				}
			}
			for label := range strings.SplitSeq(rest[:strings.LastIndexByte(rest, '}')], ",") {
				key, _, _ := strings.Cut(label, "=")
				if key != "pipeline" && key != "le" && !slices.Contains(labels[name], "`"+key+"`") {
					labels[name] = append(labels[name], "`"+key+"`")
				}
			}
		}
	}
	var b strings.Builder
	b.WriteString("| metric | type | labels | what it is |\n|---|---|---|---|\n")
	names := make([]string, 0, len(help))
	for name := range help {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", name, kind[name], strings.Join(labels[name], ", "), help[name])
	}
	return b.String()
}
