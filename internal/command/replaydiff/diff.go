package replaydiff

import (
	"context"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/envelope"
	"github.com/loaderline/loaderline/internal/jsonenrich"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/topicread"
	"github.com/loaderline/loaderline/sink"
)

// Source is where a record comes from.
type Source struct {
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	Offset    int64  `json:"offset"`
}

// Change is an input record whose outcome would be another than what was published.
type Change struct {
	Source

	// Change is changed, not_found (nothing was published for it, and now would be) or gone (now it would be filtered,
	// dropped or dead-lettered).
	Change string `json:"change"`
	// Fields are what differs in its records, members of stages as a rule.
	Fields []Field `json:"fields,omitempty"`
	// Why is the reason of what would be a dead letter now.
	Why string `json:"why,omitempty"`
}

// The kinds of changes.
const (
	Changed  = "changed"
	NotFound = "not_found"
	Gone     = "gone"
)

// Differ compares what would be published now with what was. Zero values are defaults where a field says so.
type Differ struct {
	Kafka consumer.Kafka
	// Pipeline enriches the records. Its outputs are JSON or read back: see pipeline.Options.
	Pipeline *pipeline.Pipeline
	Ranges   Ranges
	// MaxRecords is how many records are enriched at once.
	MaxRecords int
	// Outputs are the topics that were published to.
	Outputs []string
	// Several says that an input record may have several records. With at-least-once delivery some of them may be there
	// twice, which then is a difference.
	Several bool
	// Decode returns what a published record looks like by its schemas. Values are compared as JSON. Defaults to comparing their bytes.
	Decode func(context.Context, *kgo.Record) (topicread.Decoded, error)
	// Change is called with each change, in the order of its partition.
	Change func(Change) error
	// Progress is called now and then with how many offsets of the ranges were compared, and how many records. Optional.
	Progress func(offsets, records int64)
}

// Counts are what was compared.
type Counts struct {
	Records  int            `json:"records"`
	Same     int            `json:"same"`
	Changed  int            `json:"changed"`
	NotFound int            `json:"not_found"`
	Gone     int            `json:"gone"`
	Fields   map[string]int `json:"fields"` // how many records differ in each
}

// Equal reports whether nothing differs.
func (c Counts) Equal() bool { return c.Changed+c.NotFound+c.Gone == 0 }

// Diff reads the ranges and what was published for them. It publishes nothing, and belongs to no group. What was published for
// the ranges is held in memory.
func (d Differ) Diff(ctx context.Context) (Counts, error) {
	counts := Counts{Fields: map[string]int{}}
	line, err := loaderline.New(d.Pipeline.Config)
	if err != nil {
		return counts, err
	}
	published, err := d.published(ctx)
	if err != nil {
		return counts, err
	}
	work := &comparison{Differ: d, line: line, published: published, counts: &counts}
	for topic := range d.Ranges {
		err := d.read(ctx, topic, func(r *kgo.Record) error {
			work.batch = append(work.batch, r)
			if len(work.batch) < d.MaxRecords {
				return nil
			}
			return work.compare(ctx)
		})
		if err == nil {
			err = work.compare(ctx)
		}
		if err != nil {
			return counts, err
		}
	}
	return counts, ctx.Err()
}

// comparison is a Differ at work.
type comparison struct {
	Differ

	line      *loaderline.Pipeline[jsonenrich.Document]
	published map[Source][]*kgo.Record
	counts    *Counts
	batch     []*kgo.Record
	offsets   int64
}

// outcome is what would become of a record now.
type outcome struct {
	records []*kgo.Record
	why     string // of a dead letter
}

// compare enriches the records that were read and compares them.
func (w *comparison) compare(ctx context.Context) error {
	if len(w.batch) == 0 {
		return nil
	}
	made, _, err := w.line.Enrich(ctx, w.batch)
	if err != nil {
		return err
	}
	for i, r := range w.batch {
		now := outcome{records: made[i]}
		if len(made[i]) > 0 && made[i][0].Topic == w.Pipeline.Config.Sink.DeadLetterTopic {
			now = outcome{why: reason(made[i][0])}
		}
		if err := w.one(Source(envelope.CoordinatesOf(r)), now); err != nil {
			return err
		}
	}
	w.offsets += int64(len(w.batch))
	w.batch = w.batch[:0]
	if w.Progress != nil {
		w.Progress(w.offsets, int64(w.counts.Records))
	}
	return nil
}

// decode replaces the value of a published record by its JSON text if it has a schema.
func (d Differ) decode(ctx context.Context, r *kgo.Record) error {
	if d.Decode == nil {
		return nil
	}
	decoded, err := d.Decode(ctx, r)
	r.Value = decoded.Value.Or(r.Value)
	return err
}

// reason is what a dead letter says.
func reason(r *kgo.Record) string {
	headers := map[string]string{}
	for _, h := range r.Headers {
		headers[h.Key] = string(h.Value)
	}
	text := headers[sink.HeaderErrorKind]
	if stage := headers[sink.HeaderErrorStage]; stage != "" {
		text += " in stage " + stage
	}
	return text + ": " + headers[sink.HeaderErrorMessage]
}

func (w *comparison) one(source Source, now outcome) error {
	was := w.published[source]
	found, published := len(was) > 0, len(now.records) > 0
	w.counts.Records++
	change := Change{Source: source, Why: now.why}
	switch {
	case !found && !published:
		w.counts.Same++
		return nil
	case !found:
		w.counts.NotFound++
		change.Change = NotFound
	case !published:
		w.counts.Gone++
		change.Change = Gone
	default:
		fields := compareRecords(was, now.records)
		if len(fields) == 0 {
			w.counts.Same++
			return nil
		}
		w.counts.Changed++
		change.Change, change.Fields = Changed, fields
		names := map[string]bool{}
		for _, f := range fields {
			names[fieldOf(f.Name)] = true
		}
		for name := range names {
			w.counts.Fields[name]++
		}
	}
	return w.Change(change)
}
