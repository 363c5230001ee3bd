package envelope_test

import (
	"math"
	"strconv"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/envelope"
	"github.com/loaderline/loaderline/sink"
)

// TestTimestampsThatCannotBePublished are dead letters, whose header has what came in.
func TestTimestampsThatCannotBePublished(t *testing.T) {
	t.Parallel()
	const now = int64(1764345600000)
	s := envelope.New(envelope.Config{Config: sink.Config{Topic: "out", DeadLetterTopic: "dead"}, MaxMessageBytes: atMost})
	for ms, fits := range map[int64]bool{now: true, 0: true, -1: true, now * 1000: false, now * 1_000_000: false, math.MaxInt64: false, math.MinInt64: false} {
		src := &kgo.Record{Topic: "in", Timestamp: time.UnixMilli(ms)}
		r, failure := s.Batch(1).Enriched(src, kgo.Record{Value: []byte("v")})
		if fits {
			if failure != nil || r.Timestamp.UnixMilli() != ms {
				t.Errorf("%d: %v, %v", ms, r, failure)
			}
			continue
		}
		if failure == nil || failure.Kind != sink.KindEncode {
			t.Errorf("%d: %v, %v", ms, r, failure)
			continue
		}
		dead := s.Batch(1).DeadLetter(src, *failure)
		header := ""
		for _, h := range dead.Headers {
			if h.Key == sink.HeaderSourceTimestamp {
				header = string(h.Value)
			}
		}
		if header != strconv.FormatInt(ms, 10) {
			t.Errorf("%d: the dead letter has the timestamp %s", ms, header)
		}
	}
}
