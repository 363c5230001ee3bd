// Package try sends single events through a pipeline and its sources, by the steps of a run but without Kafka, and says
// what each stage did and what would become of the event.
package try

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/jsonenrich"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/plural"
	"github.com/loaderline/loaderline/internal/strictyaml"
	"github.com/loaderline/loaderline/internal/topicread"
	"github.com/loaderline/loaderline/sink"
	"github.com/loaderline/loaderline/stages"
)

// Outcome is what would become of an event.
type Outcome string

// The outcomes.
const (
	Enriched   Outcome = "enriched"
	DeadLetter Outcome = "dead_letter"
	Filtered   Outcome = "filtered"
	Dropped    Outcome = "dropped"
)

// Report is what a trial of one event found out.
type Report struct {
	Outcome Outcome `json:"outcome"`
	// Failure is why the event would be dead-lettered.
	Failure *Failure `json:"dead_letter,omitempty"`
	// Degraded names the stages that were kept without what they are for, as the record's header does.
	Degraded string `json:"degraded,omitempty"`
	// Record is what would be published: the enriched record or the dead letter. Its partition is -1, for the broker's clients choose it.
	Record *topicread.Line `json:"record"`
	// Records are all records that would be published, if there are several. Record is then the first of them.
	Records []topicread.Line `json:"records,omitempty"`
	Stages  []Stage          `json:"stages"` // in the order of the file; none where the event could not be read
	Millis  float64          `json:"ms"`

	values [][]byte
}

// Failure is why an event would be dead-lettered.
type Failure struct {
	Kind    string `json:"kind"`
	Stage   string `json:"stage,omitempty"`
	Code    string `json:"code,omitempty"`
	Message string `json:"message"`
}

// Stage is what one stage did for the event.
type Stage struct {
	Name string `json:"stage"`
	// From is what answered: the tiers of the cache (memory, disk), stale for what was served past its time, source, or
	// shared for what was loaded for another stage.
	From []string `json:"from"`
	Keys int      `json:"keys"` // distinct keys that it asked for
	// Skipped says that it did not run for the event, by its when or by that of a stage before.
	Skipped bool `json:"skipped,omitempty"`
	Failed  int  `json:"failed"` // of them, those that could not be loaded
	Rows    int  `json:"rows"`
	Calls   int  `json:"calls"`
	// LeftOut counts the rows for keys that were not asked for.
	LeftOut int     `json:"left_out,omitempty"`
	Age     float64 `json:"age_seconds,omitempty"`   // of the oldest answer from the cache
	Stale   float64 `json:"stale_seconds,omitempty"` // the age of what was served past its time
	// Versions are the times for which the rows are valid, of a stage with at.
	Versions []pipeline.Bounds `json:"versions,omitempty"`
	Start    float64           `json:"start_ms"`
	End      float64           `json:"end_ms"`
}

// Trial tries events one after the other, on one cache. It is for one goroutine.
type Trial struct {
	open   *pipeline.Pipeline
	line   *loaderline.Pipeline[jsonenrich.Document]
	topics sink.Config
	found  []pipeline.Found // of the event at hand; nil where it was not read
	tried  int64
}

// New makes a Trial of a pipeline, which must not be running.
func New(open *pipeline.Pipeline) (*Trial, error) {
	t := &Trial{open: open, topics: open.Config.Sink}
	cfg := open.Config
	encode := cfg.Encode
	cfg.Encode = func(row stages.Row[jsonenrich.Document]) ([]loaderline.Record, error) {
		t.found = open.Found(row)
		return encode(row)
	}
	var err error
	t.line, err = loaderline.New(cfg)
	return t, err
}

// Event tries one event as if its record came from a topic. The offset counts the events of the trial. A record without a
// timestamp gets the current time. An error is not the event's: it would be given back, and wait.
func (t *Trial) Event(ctx context.Context, src kgo.Record) (*Report, error) {
	t.found = nil
	start := time.Now()
	if src.Timestamp.IsZero() {
		src.Timestamp = start
	}
	src.Offset = t.tried
	t.tried++
	made, tally, err := t.line.Enrich(ctx, []*kgo.Record{&src})
	took := time.Since(start)
	if err != nil {
		return nil, err
	}
	r := &Report{Outcome: Dropped, Stages: t.stages(tally.Stages), Millis: millis(took)}
	if tally.Filtered > 0 {
		r.Outcome = Filtered
	}
	if records := made[0]; len(records) > 0 {
		r.publish(records, t.topics)
	}
	return r, nil
}

// publish takes in what would be published.
func (r *Report) publish(records []*kgo.Record, topics sink.Config) {
	lines := make([]topicread.Line, len(records))
	for i, record := range records {
		lines[i] = topicread.NewLine(record, topicread.Decoded{})
		r.values = append(r.values, record.Value)
	}
	r.Outcome, r.Record = Enriched, &lines[0]
	if len(lines) > 1 {
		r.Records = lines
	}
	record := records[0]
	headers := map[string]string{}
	for _, h := range record.Headers {
		headers[h.Key] = string(h.Value)
	}
	r.Degraded = headers[sink.HeaderDegraded]
	if record.Topic == topics.DeadLetterTopic {
		r.Outcome = DeadLetter
		r.Failure = &Failure{
			Kind: headers[sink.HeaderErrorKind], Stage: headers[sink.HeaderErrorStage],
			Code: headers[sink.HeaderErrorCode], Message: headers[sink.HeaderErrorMessage],
		}
	}
}

// Values returns the values of the enriched records; none where there is no such record.
func (r *Report) Values() [][]byte {
	if r.Outcome != Enriched {
		return nil
	}
	return r.values
}

func (t *Trial) stages(stats []stages.StageStats) []Stage {
	all := make([]Stage, 0, len(stats))
	for i, s := range stats {
		if t.found == nil {
			break // No event was left to look anything up for.
		}
		stage := Stage{
			Name: s.Stage, From: append([]string{}, t.found[i].Tiers...), Keys: s.Unique, Skipped: t.found[i].Skipped, Failed: s.Failed, Rows: t.found[i].Rows, Calls: s.Calls, LeftOut: s.Extra,
			Age: t.found[i].Age.Round(time.Second).Seconds(), Stale: t.found[i].Stale.Round(time.Second).Seconds(), Versions: t.found[i].Versions, Start: millis(s.Asked), End: millis(s.Settled),
		}
		for _, from := range []struct {
			name string
			keys int
		}{
			{"stale", int(min(t.found[i].Stale, 1))},
			{"source", s.Loaded + s.Missing + s.Failed},
			{"shared", s.Coalesced},
		} {
			if from.keys > 0 {
				stage.From = append(stage.From, from.name)
			}
		}
		all = append(all, stage)
	}
	return all
}

func millis(d time.Duration) float64 {
	return float64(d.Round(10*time.Microsecond)) / float64(time.Millisecond)
}

// Summary says in a sentence what would become of the event.
func (r *Report) Summary() string {
	switch r.Outcome {
	case Enriched:
		return fmt.Sprintf("enriched in %.1f ms, %s", r.Millis, r.destinations())
	case DeadLetter:
		text := fmt.Sprintf("dead letter in %.1f ms, for %s: %s", r.Millis, r.Record.Topic, r.Failure.Kind)
		if r.Failure.Stage != "" {
			text += " in stage " + r.Failure.Stage
		}
		if r.Failure.Code != "" {
			text += " (" + r.Failure.Code + ")"
		}
		return text + ": " + r.Failure.Message
	case Filtered:
		return fmt.Sprintf("filtered in %.1f ms: input.where does not hold", r.Millis)
	default:
		return fmt.Sprintf("dropped in %.1f ms, as the pipeline file says", r.Millis)
	}
}

// destinations says how many records there are, if there are several, and their topics.
func (r *Report) destinations() string {
	if len(r.Records) == 0 {
		return "for " + r.Record.Topic
	}
	var topics []string
	for _, line := range r.Records {
		if !slices.Contains(topics, line.Topic) {
			topics = append(topics, line.Topic)
		}
	}
	return fmt.Sprintf("%s for %s", plural.Count(len(r.Records), "record"), strictyaml.JoinWords(topics, "and"))
}
