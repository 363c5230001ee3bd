package chaos

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func results() []Result {
	return []Result{
		{
			Scenario: "kill -9", Seed: 7, Rounds: 1, Records: 100, Recoveries: []float64{3, 1, 2}, PeakBytes: 50 << 20, OK: true,
			Marks:    []Mark{{Fault: "kill <9>", Injected: 1, Healed: 2, Recovered: 3}},
			Timeline: []Sample{{At: 1, Outcomes: 10}, {At: 2, Outcomes: 100}},
		},
		{Scenario: "zombie", Seed: 8, Rounds: 1, Records: 10, Lost: 2, Problems: []string{"0:1 has no outcome"}, Skipped: []string{"disk cache full: needs room"}},
		{
			Scenario: "kill -9", Seed: 9, Rounds: 1, Records: 50, Recoveries: []float64{9}, PeakBytes: 60 << 20, OK: true,
			Marks:   []Mark{{Fault: "kill <9>", Injected: 1, Healed: 2, Recovered: 5}},
			Usage:   []Usage{{At: 1, Heap: 1 << 20, Goroutines: 70, Files: 30}, {At: 2, Heap: 2 << 20, Goroutines: 90, Files: 31}},
			Growths: []Growth{{What: "goroutines", Median: 80, Growth: 9.04, Allowed: 8}, {What: "open files", Median: 30, Allowed: 4, Flat: true}},
		},
	}
}

func TestReport(t *testing.T) {
	report := NewReport(7, results())
	if report.OK {
		t.Error("a report with a lost record is OK")
	}
	dir := t.TempDir()
	if err := report.Write(dir); err != nil {
		t.Fatal(err)
	}
	text := read(t, dir, "report.txt")
	want := strings.Join([]string{
		"  scenario  rounds  records  lost  duplicate  reordered  wrong  recovery p50 s  max s  peak MiB",
		"   kill -9       2      150     0          0          0      0             3.0    9.0        60      ok",
		"    zombie       1       10     2          0          0      0             0.0    0.0         0  FAILED",
		"zombie (seed 8): 0:1 has no outcome",
		"",
		"  in the second half  median  growth  allowed",
		"          goroutines    80.0     9.0      8.0  GROWS",
		"          open files    30.0     0.0      4.0   flat",
		"",
		"     fault  times  recovery max s",
		"  kill <9>      2             3.0",
		"not injected: disk cache full: needs room",
		"docs/guarantees.md says which faults no round injects, and why",
		"",
		"seed 7",
	}, "\n")
	if diff := cmp.Diff(want, trimmed(text)); diff != "" {
		t.Error(diff)
	}
	var decoded Report
	if err := json.Unmarshal([]byte(read(t, dir, "report.json")), &decoded); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(report, decoded); diff != "" {
		t.Error(diff)
	}
	for name, says := range map[string]string{"timeline.svg": "kill &lt;9&gt;", "usage.svg": "goroutines</tspan>, 90 at most"} {
		drawing := read(t, dir, name)
		for decoder := xml.NewDecoder(strings.NewReader(drawing)); ; {
			if _, err := decoder.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s is no XML: %v\n%s", name, err, drawing)
			}
		}
		if !strings.Contains(drawing, says) {
			t.Errorf("%s does not say %q:\n%s", name, says, drawing)
		}
	}
}

func TestSchedulesAreReproduced(t *testing.T) {
	for _, s := range Long {
		names := func(seed uint64) (list []string) {
			for _, step := range s.Steps(rand.New(rand.NewPCG(seed, seed))) {
				list = append(list, step.Fault.Name+" "+step.For.String())
			}
			return list
		}
		for seed := range uint64(20) {
			if diff := cmp.Diff(names(seed), names(seed)); diff != "" {
				t.Errorf("%s, seed %d: %s", s.Name, seed, diff)
			}
		}
		if strings.HasPrefix(s.Name, "random") && cmp.Equal(names(1), names(2)) {
			t.Error("two seeds give one schedule")
		}
	}
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// trimmed is text without white space at the ends of its lines.
func trimmed(text string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}
