package replaydiff

import (
	"context"
	"errors"
	"math"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

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
		Kafka: d.Kafka, Topic: topic, From: offsetexpr.Position{Kind: offsetexpr.Partitions, At: from}, To: &offsetexpr.Position{Kind: offsetexpr.Partitions, At: to},
	}, handle)
}

// published finds the latest record for each source in the ranges. None is before the first that has the timestamp of
// the ranges' oldest record or a later one, since a record has the timestamp of its source.
func (d Differ) published(ctx context.Context) (map[Source][]byte, error) {
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
	found := map[Source][]byte{}
	if oldest == math.MaxInt64 || ctx.Err() != nil {
		return found, ctx.Err()
	}
	from := offsetexpr.Position{Kind: offsetexpr.Time, Time: time.UnixMilli(max(oldest, 0))}
	err := topicread.Read(ctx, topicread.Config{Kafka: d.Kafka, Topic: d.Output, From: from, To: &offsetexpr.Position{Kind: offsetexpr.Latest}}, func(r *kgo.Record) error {
		if source, ok := sourceOf(r); ok {
			if of, is := d.Ranges[source.Topic][source.Partition]; is && source.Offset >= of.From && source.Offset < of.To {
				found[source] = r.Value
			}
		}
		return nil
	})
	return found, err
}

// sourceOf is what a record's headers say about where it comes from.
func sourceOf(r *kgo.Record) (Source, bool) {
	var (
		s         Source
		partition int64
		problems  error
	)
	for _, h := range r.Headers {
		var err error
		switch h.Key {
		case sink.HeaderSourceTopic:
			s.Topic = string(h.Value)
		case sink.HeaderSourcePartition:
			partition, err = strconv.ParseInt(string(h.Value), 10, 32)
		case sink.HeaderSourceOffset:
			s.Offset, err = strconv.ParseInt(string(h.Value), 10, 64)
		}
		problems = errors.Join(problems, err)
	}
	s.Partition = int32(partition)
	return s, problems == nil && s.Topic != ""
}
