package report_test

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/loaderline/loaderline/bench"
	"github.com/loaderline/loaderline/bench/report"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	day         = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	environment = bench.Environment{Go: "1.26.0", Kafka: "4.1", Postgres: "15.9", Cores: 2, CPU: "a <fast> one", Memory: 8192}
)

// run is the result of a run of 1,000 events, as fast as tuned-4 times factor.
func run(processor string, round int, factor float64) bench.Result {
	return bench.Result{
		Processor: processor, Round: round, Events: 1000, Rate: 1000 * factor, CPU: 0.002 / factor, RSS: 100,
		FirstOutput: 0.5, Calls: 3, Allocated: 5_000_000,
	}
}

func shapeOf(name string, runs ...bench.Result) report.Shape {
	shape := bench.Shape{Name: name, Text: "what <" + name + "> is", Processors: []bench.Processor{{Name: runs[0].Processor}}}
	return report.NewShape(shape, "0123abc", runs)
}

func TestSummaries(t *testing.T) {
	wrong, failed := run("b", 2, 0.25), bench.Result{Processor: "b", Round: 4, Events: 1000, Failure: "it fell over"}
	wrong.Verdict, wrong.Repeated = "NOT OK", 7
	s := shapeOf("any", run("a", 1, 1), run("b", 1, 0.5), run("a", 2, 4), wrong, run("a", 3, 2), run("b", 3, 1), run("a", 4, 2), failed)
	b := s.Summaries[1]
	got := []any{b.Processor, b.Runs, b.Wrong, b.Failed, b.Repeated, b.Rate, b.CPU, b.Calls.Median, b.Allocated.Median, b.Ratio, b.CPURatio.Median}
	want := []any{
		"b", 4, 1, 1, 7,
		report.Spread{Lowest: 250, Median: 500, Highest: 1000},
		report.Spread{Lowest: 2, Median: 4, Highest: 8},
		3.0, 5000.0,
		// Each run is compared with the other's in its round.
		report.Spread{Lowest: 0.0625, Median: 0.5, Highest: 0.5},
		2.0,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{"any, b, round 2: NOT OK", "any, b, round 4: it fell over"}, s.Problems()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestFigures(t *testing.T) {
	slow := run("loaderline-2x2", 1, 0.9)
	slow.Repeated, slow.Verdict = 2, "NOT OK"
	late := func(processor string, p99 float64) bench.Result {
		r := run(processor, 1, 1)
		r.Latency = &bench.Latency{P50: 1, P99: p99, P999: 100}
		return r
	}
	for name, tc := range map[string]struct {
		shape, figure string
		runs          []bench.Result
		want          string
	}{
		"met": {"zipf", "events/s, to tuned-4", []bench.Result{run("tuned-4", 1, 1), run("tuned-4-again", 1, 1), run("loaderline", 1, 1)}, "met"},
		"within noise": {
			"zipf", "events/s, to tuned-4",
			[]bench.Result{run("tuned-4", 1, 1), run("tuned-4-again", 1, 0.9), run("loaderline", 1, 0.91)},
			"within noise",
		},
		"missed": {
			"zipf", "events/s, to tuned-4",
			[]bench.Result{run("tuned-4", 1, 1), run("tuned-4-again", 1, 0.95), run("loaderline", 1, 0.9)},
			"missed",
		},
		"no control": {"remote", "events/s, to tuned-4", []bench.Result{run("tuned-4", 1, 1), run("loaderline", 1, 1.49)}, "missed"},
		"at most":    {"zipf", "CPU seconds an event, to tuned-4", []bench.Result{run("tuned-4", 1, 1), run("loaderline", 1, 0.96)}, "met"},
		"at most, within noise": {
			"zipf", "CPU seconds an event, to tuned-4",
			[]bench.Result{run("tuned-4", 1, 1), run("tuned-4-again", 1, 0.8), run("loaderline", 1, 0.8)},
			"within noise",
		},
		"at most, missed": {"zipf", "CPU seconds an event, to tuned-4", []bench.Result{run("tuned-4", 1, 1), run("loaderline", 1, 0.7)}, "missed"},
		"no ratio":        {"zipf", "backend calls for 1,000 events", []bench.Result{run("loaderline", 1, 1)}, "missed"},
		"wrong":           {"zipf", "repeated outputs of two processes", []bench.Result{slow}, "missed: 1 runs were wrong or failed"},
		"latency":         {"paced", "p99, to tuned", []bench.Result{late("tuned", 50), late("loaderline", 52)}, "met"},
		"start":           {"start", "seconds to the first output", []bench.Result{run("loaderline", 1, 1)}, "met"},
		"not measured":    {"zipf", "peak RSS with cache.memory 64MiB, MiB", []bench.Result{run("loaderline", 1, 1)}, "not measured"},
	} {
		t.Run(name, func(t *testing.T) {
			var r report.Report
			r.Add(shapeOf(tc.shape, tc.runs...))
			for _, f := range r.Figures {
				if f.Name == tc.figure {
					if f.Verdict != tc.want {
						t.Errorf("%+v, want %q", f, tc.want)
					}
					return
				}
			}
			t.Errorf("there is no figure %q", tc.figure)
		})
	}
}

// A column that only some shapes have is in their tables alone.
func TestExtraColumns(t *testing.T) {
	idle, joined := run("a", 1, 1), run("a", 1, 1)
	idle.Idle, joined.Rebalance = 0.25, 3.5
	for name, tc := range map[string]struct {
		runs []bench.Result
		want []string
	}{
		"none":      {[]bench.Result{run("a", 1, 1)}, nil},
		"idle":      {[]bench.Result{idle, run("b", 1, 1)}, []string{"idle %", "0.25"}},
		"rebalance": {[]bench.Result{joined}, []string{"rebalance s", "3.50"}},
	} {
		t.Run(name, func(t *testing.T) {
			var text strings.Builder
			if err := shapeOf("any", tc.runs...).Write(&text); err != nil {
				t.Fatal(err)
			}
			for _, extra := range []string{"idle %", "0.25", "rebalance s", "3.50"} {
				if strings.Contains(text.String(), extra) != slices.Contains(tc.want, extra) {
					t.Errorf("%q, want only %q, in\n%s", extra, tc.want, text.String())
				}
			}
		})
	}
}

// Each figure is of processors that run in its shape, and so can be met.
func TestFiguresCanBeMeasured(t *testing.T) {
	var r report.Report
	for _, shape := range slices.Concat(bench.Shapes(bench.Programs{}), bench.PeerShapes(bench.Programs{}, "peers")) {
		var runs []bench.Result
		for _, p := range shape.Processors {
			one := run(p.Name, 1, 1)
			one.Latency = &bench.Latency{P50: 1, P99: 2, P999: 3}
			one.After = &bench.After{}
			runs = append(runs, one)
		}
		r.Add(report.NewShape(shape, "", runs))
	}
	if len(r.Figures) != 32 {
		t.Errorf("there are %d figures", len(r.Figures))
	}
	for _, f := range r.Figures {
		if f.Verdict == "not measured" {
			t.Errorf("%s, %s: %s", f.Shape, f.Name, f.Verdict)
		}
	}
}

// A day's files hold each shape once, as it was measured last.
func TestWrite(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "results")
	for _, s := range []report.Shape{
		shapeOf("zipf", run("tuned-4", 1, 1), run("loaderline", 1, 3)), shapeOf("uniform", run("tuned-4", 1, 1), run("loaderline", 1, 4)),
		shapeOf("zipf", run("tuned-4", 1, 1), run("loaderline", 1, 2)),
	} {
		r, err := report.Open(dir, day, environment)
		if err != nil {
			t.Fatal(err)
		}
		r.Add(s)
		if err := r.Write(dir); err != nil {
			t.Fatal(err)
		}
	}
	read := func(end string) string {
		text, err := os.ReadFile(filepath.Join(dir, "2026-11-24"+end))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	var r report.Report
	if err := json.Unmarshal([]byte(read(".json")), &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Shapes) != 2 || r.Shapes[0].Name != "zipf" || r.Shapes[0].Summaries[1].Ratio.Median != 2 || len(r.Figures) != 9 {
		t.Errorf("the file holds %+v", r)
	}
	for _, want := range []string{
		"2026-11-24  Go 1.26.0, Kafka 4.1, PostgreSQL 15.9, 2 cores (a <fast> one), 8.0 GiB", "2,000 to 2,000", "1,000 events, rounds: 1, commit 0123abc", "figures to reach",
	} {
		if text := read(".txt"); !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	chart := xml.NewDecoder(strings.NewReader(read(".svg")))
	bars := 0
	for {
		token, err := chart.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "rect" {
			bars++
		}
	}
	if bars != 4 {
		t.Errorf("the chart has %d bars", bars)
	}
}

func TestOpenOfAnother(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "2026-11-24.json")
	for text, want := range map[string]string{"[]": "is not a report", `{"environment":{"cores":64}}`: "another machine"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := report.Open(dir, day, environment); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
