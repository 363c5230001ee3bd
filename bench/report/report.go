package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/loaderline/loaderline/bench"
)

// Report is the results of a day on one machine. A shape that is measured again takes the place of its earlier results.
type Report struct {
	Date        string            `json:"date"`
	Environment bench.Environment `json:"environment"`
	Shapes      []Shape           `json:"shapes"`
	Figures     []Figure          `json:"figures"`
}

// Shape is the results of one shape.
type Shape struct {
	Name string `json:"name"`
	Text string `json:"text"`
	// Time is when it was measured, Commit what was measured.
	Time   time.Time `json:"time"`
	Commit string    `json:"commit"`
	Rounds int       `json:"rounds"`
	// Events is the number of events of a run; of some processors less.
	Events int `json:"events"`
	// About is what the ratios are of: rate, latency or start; or it is fault, which has none. Base is the processor that they are to.
	About string `json:"about"`
	Base  string `json:"base"`
	// Noise is how far the control's ratios, of what the shape is about, were from 1 at most; 0 without a control.
	Noise     float64        `json:"noise"`
	Summaries []Summary      `json:"summary"`
	Runs      []bench.Result `json:"runs"`
	// Missing are programs that belong here and could not be had.
	Missing []bench.Missing `json:"missing,omitempty"`
}

// What a shape can be about.
const (
	aboutRate    = "rate"
	aboutLatency = "latency"
	aboutStart   = "start"
	aboutFault   = "fault"
)

// measures are the measures that the shapes compare.
var measures = map[string]measure{aboutRate: rate, aboutLatency: p99, aboutStart: first}

// NewShape sums the runs of a shape up, which has a processor.
func NewShape(shape bench.Shape, commit string, runs []bench.Result) Shape {
	s := Shape{
		Name: shape.Name, Text: shape.Text, Time: time.Now().UTC().Truncate(time.Second), Commit: commit,
		About: aboutRate, Base: shape.Processors[0].Name, Runs: runs, Missing: shape.Missing,
	}
	switch {
	case shape.Fault != "":
		s.About = aboutFault
	case shape.Rate > 0:
		s.About = aboutLatency
	case shape.Start:
		s.About = aboutStart
	}
	for _, r := range runs {
		s.Rounds, s.Events = max(s.Rounds, r.Round), max(s.Events, r.Events)
	}
	if s.About == aboutFault {
		return s
	}
	s.Summaries = Summarize(runs, s.Base, measures[s.About])
	s.Noise = noise(runs, measures[s.About])
	return s
}

// New returns a report without results.
func New(date time.Time, environment bench.Environment) Report {
	return Report{Date: date.Format(time.DateOnly), Environment: environment}
}

// Open returns the report that a folder has of a date, or a new one.
func Open(dir string, date time.Time, environment bench.Environment) (Report, error) {
	r := New(date, environment)
	path := filepath.Join(dir, r.Date+".json")
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return Report{}, err
	}
	var earlier Report
	if err := json.Unmarshal(text, &earlier); err != nil {
		return Report{}, fmt.Errorf("%s is not a report of this program (%w): move it elsewhere", path, err)
	}
	if earlier.Environment != environment {
		return Report{}, fmt.Errorf("%s is of another machine or other versions, which cannot stand in one report: move it away", path)
	}
	return earlier, nil
}

// Add adds a shape's results, in the order of the shapes' first measurements.
func (r *Report) Add(s Shape) {
	replaced := false
	for i := range r.Shapes {
		if r.Shapes[i].Name == s.Name {
			r.Shapes[i], replaced = s, true
		}
	}
	if !replaced {
		r.Shapes = append(r.Shapes, s)
	}
	r.Figures = nil
	for _, s := range r.Shapes {
		r.Figures = append(r.Figures, figures(s.Name, s.Runs)...)
	}
}

// Write writes DATE.txt, DATE.json and DATE.svg into a folder, which is made where it is missing, and DATE-peers.svg, with the shape peers
// alone, if it was measured.
func (r Report) Write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	document, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	var text strings.Builder
	if err := r.Text(&text); err != nil {
		return err
	}
	files := map[string]string{".txt": text.String(), ".json": string(document) + "\n", ".svg": r.chart(r.Shapes)}
	if i := slices.IndexFunc(r.Shapes, func(s Shape) bool { return s.Name == bench.PeersShape }); i >= 0 {
		files["-peers.svg"] = r.chart(r.Shapes[i : i+1])
	}
	for end, content := range files {
		if err := os.WriteFile(filepath.Join(dir, r.Date+end), []byte(content), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// Problems returns what was wrong with runs, a line for each.
func (s Shape) Problems() (lines []string) {
	for _, r := range s.Runs {
		if problem := r.Failure + r.Verdict; problem != "" {
			lines = append(lines, fmt.Sprintf("%s, %s, round %d: %s", s.Name, r.Processor, r.Round, problem))
		}
	}
	return lines
}
