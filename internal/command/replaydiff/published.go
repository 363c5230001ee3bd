package replaydiff

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/envelope"
	"github.com/loaderline/loaderline/internal/offsetexpr"
	"github.com/loaderline/loaderline/internal/topicread"
	"github.com/loaderline/loaderline/sink"
)

// read reads the ranges of a topic.
func (d Differ) read(ctx context.Context, topic string, handle func(*kgo.Record) error) error {
	from, to := map[int32]int64{}, map[int32]int64{}
	for p, of := range d.Ranges[topic] {
		if of.Len() > 0 {
			from[p], to[p] = of.From, of.To
		}
	}
	if len(from) == 0 {
		return nil
	}
	return topicread.Read(ctx, topicread.Config{
		Kafka: d.Kafka, Topics: []string{topic}, From: offsetexpr.Position{Kind: offsetexpr.Partitions, At: from}, To: &offsetexpr.Position{Kind: offsetexpr.Partitions, At: to},
	}, handle)
}

// published finds what was published last for each source in the ranges. None is before the first record that has the
// timestamp of the ranges' oldest record or a later one, since a record has the timestamp of its source.
func (d Differ) published(ctx context.Context) (map[Source][]*kgo.Record, error) {
	oldest := int64(math.MaxInt64)
	for topic := range d.Ranges {
		err := d.read(ctx, topic, func(r *kgo.Record) error {
			oldest = min(oldest, r.Timestamp.UnixMilli())
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	found := map[Source]*runs{}
	if oldest == math.MaxInt64 || ctx.Err() != nil {
		return nil, ctx.Err()
	}
	from := offsetexpr.Position{Kind: offsetexpr.Time, Time: time.UnixMilli(max(oldest, 0))}
	err := topicread.Read(ctx, topicread.Config{Kafka: d.Kafka, Topics: d.Outputs, From: from, To: &offsetexpr.Position{Kind: offsetexpr.Latest}}, func(r *kgo.Record) error {
		if at, ok := envelope.SourceCoordinates(r); ok {
			source := Source(at)
			if of, is := d.Ranges[source.Topic][source.Partition]; is && source.Offset >= of.From && source.Offset < of.To {
				if found[source] == nil {
					found[source] = &runs{}
				}
				if err := d.decode(ctx, r); err != nil {
					return err
				}
				found[source].add(r)
			}
		}
		return nil
	})
	last := make(map[Source][]*kgo.Record, len(found))
	for source, of := range found {
		last[source] = of.last(d.Several)
	}
	return last, err
}

// runs are the records of one source, by what published them: the pipeline itself, or a replay.
type runs struct{ all []run }

type run struct {
	replay  string // its ID; empty for the pipeline itself
	records []*kgo.Record
}

func (r *runs) add(record *kgo.Record) {
	id := ""
	for _, h := range record.Headers {
		if h.Key == sink.HeaderReplay {
			id = string(h.Value)
		}
	}
	i := slices.IndexFunc(r.all, func(known run) bool { return known.replay == id })
	if i < 0 {
		i = len(r.all)
		r.all = append(r.all, run{replay: id})
	}
	r.all[i].records = append(r.all[i].records, record)
}

// last returns the records of the last run. Without several records for a source, an earlier one of the same run was
// published twice.
func (r *runs) last(several bool) []*kgo.Record {
	last := slices.MaxFunc(r.all, run.compare).records
	if !several {
		last = last[len(last)-1:]
	}
	return last
}

// compare tells which run was later: by the offsets in a partition that has records of both, or else by the IDs, which begin
// with the time if the user chose none.
func (r run) compare(other run) int {
	for _, a := range r.records {
		for _, b := range other.records {
			if a.Topic == b.Topic && a.Partition == b.Partition {
				return cmp.Compare(a.Offset, b.Offset)
			}
		}
	}
	return strings.Compare(r.replay, other.replay)
}
