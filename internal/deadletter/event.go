package deadletter

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/offsetexpr"
	"github.com/loaderline/loaderline/internal/topicread"
	"github.com/loaderline/loaderline/sink"
)

// fetchTime bounds how long the source of one dead letter is looked for.
const fetchTime = 15 * time.Second

func isOwn(header string) bool { return strings.HasPrefix(header, sink.Prefix) }

// event is the record that a dead letter was: the dead letter itself, or where that had no room for all of it, the
// record of its source, as long as that is there.
func (q Queue) event(ctx context.Context, l Letter) (*kgo.Record, error) {
	if !l.ValueDropped && !l.KeyDropped && !l.HeadersDropped {
		return l.Record, nil
	}
	src := l.Source
	if !slices.Contains(q.Inputs, src.Topic) {
		return nil, fmt.Errorf("the dead letter had no room for the whole record, and its source, topic %q, is not an input topic of this pipeline", src.Topic)
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	at := func(offset int64) offsetexpr.Position {
		return offsetexpr.Position{Kind: offsetexpr.Partitions, At: map[int32]int64{src.Partition: offset}}
	}
	end := at(src.Offset + 1)
	var found *kgo.Record
	err := topicread.Read(ctx, topicread.Config{Kafka: q.Kafka, Topics: []string{src.Topic}, From: at(src.Offset), To: &end}, func(r *kgo.Record) error {
		found = r
		return nil
	})
	switch {
	case err != nil:
		return nil, fmt.Errorf("the dead letter had no room for the whole record, and its source cannot be read: %w", err)
	case found == nil || found.Timestamp.UnixMilli() != src.Time.UnixMilli():
		return nil, errors.New("the dead letter had no room for the whole record, and topic " + src.Topic + " does not have it any more at " + src.Coordinates.String())
	default:
		return found, nil
	}
}
