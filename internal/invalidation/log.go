package invalidation

import (
	"context"
	"log/slog"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// logEvery is how often records of a topic that were not understood are logged.
const logEvery = 30 * time.Second

// limitedLog logs where a record is and what is wrong with it, never what is in it.
type limitedLog struct {
	to     *slog.Logger
	topics map[string]*loggedTopic
}

type loggedTopic struct {
	last time.Time
	more int // since last, not logged
}

// unclear logs a record that was not understood, and the stages that forget everything for it.
func (l *limitedLog) unclear(ctx context.Context, r *kgo.Record, stages []string, err error) {
	of := l.topics[r.Topic]
	switch {
	case of == nil:
		of = &loggedTopic{}
		l.topics[r.Topic] = of
	case time.Since(of.last) < logEvery:
		of.more++
		return
	}
	attrs := []slog.Attr{
		slog.String("topic", r.Topic), slog.Int("partition", int(r.Partition)), slog.Int64("offset", r.Offset), slog.Any("error", err),
	}
	if len(stages) > 0 {
		attrs = append(attrs, slog.Any("invalidated", stages))
	}
	if of.more > 0 {
		attrs = append(attrs, slog.Int("not_logged", of.more))
	}
	of.last, of.more = time.Now(), 0
	l.to.LogAttrs(ctx, slog.LevelWarn, "a change record was not understood", attrs...)
}
