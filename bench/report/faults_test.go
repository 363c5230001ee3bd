package report_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loaderline/loaderline/bench"
	"github.com/loaderline/loaderline/bench/report"
)

// What came of a fault is a table of its own, without bars. What could not be had is below the table.
func TestFaultsAndMissing(t *testing.T) {
	after := func(processor string, repeated int, after bench.After) bench.Result {
		return bench.Result{Processor: processor, Delivery: "exactly once", Round: 1, Events: 50_000, Repeated: repeated, After: &after}
	}
	wrong := after("wrong", 0, bench.After{Outputs: 50_000})
	wrong.Verdict = "NOT OK"
	shape := bench.Shape{
		Name: "kill", Text: "kill -9", Fault: bench.Kill, Processors: []bench.Processor{{Name: "loaderline"}},
		Missing: []bench.Missing{{Name: "another", Why: "it is not there"}},
	}
	r := report.New(day, environment)
	r.Add(report.NewShape(shape, "0123abc", []bench.Result{
		after("loaderline", 0, bench.After{Outputs: 50_000, Next: 1.25, Dead: 1}),
		after("ended", 2, bench.After{Outputs: 20_000, Lost: 30_000, Ended: "exit status 1"}),
		wrong,
		{Processor: "broken", Round: 1, Failure: "it fell over"},
	}))
	dir := t.TempDir()
	if err := r.Write(dir); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "2026-11-24.txt"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")
	for i := range lines {
		lines[i] = strings.Join(strings.Fields(lines[i]), " ")
	}
	for _, want := range []string{
		"loaderline exactly once 50,000 0 0 1 1.2 went on",
		"ended exactly once 20,000 30,000 2 0 - ended: exit status 1",
		"wrong exactly once 50,000 0 0 0 - went on, with WRONG outputs",
		"broken - - - - - FAILED",
		"not had: another: it is not there",
		"kill, broken, round 1: it fell over",
		"kill events lost or repeated at most 0 0.00 - - met",
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if chart, err := os.ReadFile(filepath.Join(dir, "2026-11-24.svg")); err != nil || strings.Contains(string(chart), "<rect") {
		t.Errorf("the chart has bars of a fault: %v", err)
	}
}

// The shape with the peers has its own chart, which shows no other shape.
func TestChartOfPeers(t *testing.T) {
	r := report.New(day, environment)
	for _, name := range []string{"zipf", bench.PeersShape} {
		r.Add(shapeOf(name, run("tuned-4", 1, 1), run("loaderline", 1, 2)))
	}
	dir := t.TempDir()
	if err := r.Write(dir); err != nil {
		t.Fatal(err)
	}
	for file, bars := range map[string]int{"2026-11-24.svg": 4, "2026-11-24-peers.svg": 2} {
		chart, err := os.ReadFile(filepath.Join(dir, file))
		if got := strings.Count(string(chart), "<rect"); err != nil || got != bars {
			t.Errorf("%s has %d bars, want %d: %v", file, got, bars, err)
		}
	}
}
