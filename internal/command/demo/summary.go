package demo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/plural"
	"github.com/loaderline/loaderline/internal/runtime"
	"github.com/loaderline/loaderline/sink"
)

// Summary is what became of the events. Lost and Duplicates come from reading the topics back.
type Summary struct {
	Published       int            `json:"published"`
	Bad             int            `json:"bad"` // of the published
	Enriched        int            `json:"enriched"`
	DeadLettered    int            `json:"dead_lettered"`
	DeadLetters     map[string]int `json:"dead_letters"` // by kind
	Lost            int            `json:"lost"`
	Duplicates      int            `json:"duplicates"`
	Wrong           int            `json:"wrong"` // bad events that were enriched, good ones that were not, and wrong kinds
	BackendCalls    int            `json:"backend_calls"`
	CallsPer1000    float64        `json:"backend_calls_per_1000_events"`
	HitRatio        float64        `json:"hit_ratio"` // of the distinct keys of each micro-batch and stage
	EventsPerSecond float64        `json:"events_per_second"`
	Seconds         float64        `json:"seconds"` // from the first event published to the last outcome seen

	format         pipelinefile.Format // of the events
	command        string              // as Config has it
	enriched, dead *sample
}

func (w world) summarize(a *audit, c runtime.Count, took time.Duration) *Summary {
	s := &Summary{
		Published: len(a.published), Enriched: a.enriched, DeadLetters: a.dead,
		Lost: a.lost(), Duplicates: a.repeated(), Wrong: a.wrong,
		BackendCalls: c.Calls, Seconds: round(took.Seconds(), 1000),
		format: w.InputFormat, command: w.Command, enriched: a.sampleEnriched, dead: a.sampleDead,
	}
	for _, kind := range a.published {
		if kind != "" {
			s.Bad++
		}
	}
	for _, n := range a.dead {
		s.DeadLettered += n
	}
	s.CallsPer1000 = round(1000*float64(c.Calls)/float64(max(s.Published, 1)), 100)
	s.HitRatio = round(float64(c.Hits)/float64(max(c.Keys, 1)), 1000)
	s.EventsPerSecond = round(float64(s.Published)/took.Seconds(), 1)
	return s
}

func round(x, parts float64) float64 { return float64(int64(x*parts+0.5)) / parts }

// Failure says what went wrong, or is nil.
func (s *Summary) Failure() error {
	if s.Lost == 0 && s.Duplicates == 0 && s.Wrong == 0 {
		return nil
	}
	return fmt.Errorf("%s lost, %s repeated, %s with the wrong outcome", plural.Count(s.Lost, "event"), plural.Count(s.Duplicates, "outcome"), plural.Count(s.Wrong, "event"))
}

// WriteText writes the summary for a reader.
func (s *Summary) WriteText(w io.Writer) error {
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "  %-15s %s\n", name, fmt.Sprintf(format, args...))
	}
	b.WriteString("What happened to the events, read back from the topics with read_committed\n")
	line("published", "%8s   of them %d bad on purpose", humanize.Comma(int64(s.Published)), s.Bad)
	line("enriched", "%8s", humanize.Comma(int64(s.Enriched)))
	line("dead-lettered", "%8s   %s", humanize.Comma(int64(s.DeadLettered)), s.kinds())
	line("lost", "%8d", s.Lost)
	line("duplicates", "%8d", s.Duplicates)
	b.WriteString("\nWhat it took\n")
	line("events/s", "%8s   %.1f s in all, broker and database included", humanize.Comma(int64(s.EventsPerSecond)), s.Seconds)
	line("database calls", "%8d   %.1f for 1,000 events; 3,000 if each event asks", s.BackendCalls, s.CallsPer1000)
	line("cache", "%7.0f%%   of the keys of a micro-batch were there already", 100*s.HitRatio)
	if s.enriched != nil {
		fmt.Fprintf(&b, "\nAn enriched record%s, key %s\n%s\n", s.enriched.note(), s.enriched.Key, indented(s.enriched.json))
	}
	if s.dead != nil {
		fmt.Fprintf(&b, "\nA dead letter: the event as it came%s, with the reason in its headers\n  %s\n", s.dead.note(), s.dead.json)
		for _, h := range s.dead.Headers {
			if slices.Contains(telling, h.Key) {
				fmt.Fprintf(&b, "  %-28s %s\n", h.Key, h.Value)
			}
		}
	}
	b.WriteString("\nWhat to try next\n")
	for _, n := range s.next() {
		fmt.Fprintf(&b, "  %s\n", n)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// note says of a value that it is not shown as it is.
func (s *sample) note() string {
	if s.decoded {
		return ", decoded"
	}
	return ""
}

// telling are the headers of a dead letter that a newcomer wants to see.
var telling = []string{sink.HeaderSourceTopic, sink.HeaderSourcePartition, sink.HeaderSourceOffset, sink.HeaderErrorKind, sink.HeaderErrorStage, sink.HeaderErrorMessage}

// next are the lines that say what to try next.
func (s *Summary) next() []string {
	type try struct{ command, why string }
	tries := []try{
		{s.command + " --events 200000", "with more events the cache pays off"},
		{s.command + " --input-format avro", "the same in Avro, with a registry"},
		{s.command + " --write shop", "all in a folder, to run and change"},
		{"loaderline check PIPELINE", "check yours, and see its plan"},
		{"loaderline run PIPELINE", "run it on your Kafka and your database"},
	}
	if s.format.HasSchema() {
		avro := s.command + " --input-format avro"
		tries = []try{
			{avro + " --events 200000", "with more events the cache pays off"},
			{avro + " --write shop", "all in a folder, to run and change"},
			tries[3],
			{tries[4].command, "run it on your Kafka, registry and database"},
		}
	}
	width := 0
	for _, t := range tries {
		width = max(width, len(t.command))
	}
	var lines []string
	for _, t := range tries {
		if s.format.HasSchema() {
			lines = append(lines, t.command, "    "+t.why)
		} else {
			lines = append(lines, fmt.Sprintf("%-*s   %s", width, t.command, t.why))
		}
	}
	return lines
}

func (s *Summary) kinds() string {
	var parts []string
	for _, kind := range slices.Sorted(maps.Keys(s.DeadLetters)) {
		parts = append(parts, fmt.Sprintf("%s %d", kind, s.DeadLetters[kind]))
	}
	return strings.Join(parts, ", ")
}

// indented is a JSON document over several lines.
func indented(value []byte) string {
	var b bytes.Buffer
	if json.Indent(&b, value, "  ", "  ") != nil {
		return "  " + string(value)
	}
	return "  " + b.String()
}
