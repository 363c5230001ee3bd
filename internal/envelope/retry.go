package envelope

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/sink"
)

// ofRetry are what the headers begin with that Retry adds.
var ofRetry = []string{sourcePrefix, errorPrefix, retryPrefix, sink.HeaderPipeline, sink.HeaderVersion}

// Retry makes the record by which src waits in a retry topic until due: its key,
// value and headers, and in headers where it came from and what went wrong, if
// anything did. It goes to the partition that src came from. Its timestamp is
// now, so that a topic's retention counts from here; SourceOf restores that of src. share is the value of
// sink.HeaderRetryShare, and not copied: its digits may be filled in until the record is published.
//
// A record that is larger than its topic takes is a Failure.
func (b *Batch) Retry(src *kgo.Record, topic string, due time.Time, share []byte, f sink.Failure) (*kgo.Record, *sink.Failure) {
	a, cfg, now := &b.arena, &b.envelope.cfg, b.envelope.cfg.Now()
	r := a.record()
	*r = kgo.Record{Topic: topic, Key: src.Key, Value: src.Value, Timestamp: now, Partition: src.Partition}
	a.room(deadLetterTextBytes)
	headers := appendOthers(a.take(len(src.Headers)+a.sourceHeaders(sink.SourceFull)+retryHeaders), src.Headers, ofRetry...)
	headers = append(a.source(headers, src, sink.SourceFull),
		kgo.RecordHeader{Key: sink.HeaderPipeline, Value: a.string(cfg.Pipeline)},
		kgo.RecordHeader{Key: sink.HeaderVersion, Value: a.string(cfg.Version)},
		kgo.RecordHeader{Key: sink.HeaderRetryDue, Value: a.time(due)},
		kgo.RecordHeader{Key: sink.HeaderRetryShare, Value: share},
	)
	if f.Kind != "" {
		headers = append(headers, a.failure(f, cleanMessage(f.Message), now)...)
	}
	r.Headers = headers
	a.done(headers)
	if size, limit := WireSize(r), b.limitOf(topic); size > limit {
		return nil, &sink.Failure{
			Kind:    sink.KindTooLarge,
			Message: fmt.Sprintf("the record has %d bytes with the headers of a retry, more than the %d that topic %s takes", size, limit, topic),
		}
	}
	return r, nil
}

// Due returns when a record of a retry topic is retried. A record without a readable time is due at once.
func Due(r *kgo.Record) time.Time {
	due, _ := time.Parse(time.RFC3339Nano, lastHeader(r.Headers, sink.HeaderRetryDue))
	return due
}

// RetryShare returns the sink.HeaderRetryShare of a record of a retry topic, or 1 if it is missing or unreadable.
func RetryShare(r *kgo.Record) float64 {
	share, err := strconv.ParseFloat(lastHeader(r.Headers, sink.HeaderRetryShare), 64)
	if err != nil || !(share > 0 && share <= 1) {
		return 1
	}
	return share
}

// SourceOf returns the input record of a record of a retry topic, and its earlier failure, with an empty Kind if there
// was none. A record without readable coordinates, which Retry has not made, is its own input record.
func SourceOf(r *kgo.Record) (*kgo.Record, sink.Failure) {
	at, found := SourceCoordinates(r)
	timestamp, err := strconv.ParseInt(lastHeader(r.Headers, sink.HeaderSourceTimestamp), 10, 64)
	if err != nil || !found {
		return r, sink.Failure{}
	}
	src := *r
	src.Topic, src.Partition, src.Offset, src.Timestamp = at.Topic, at.Partition, at.Offset, time.UnixMilli(timestamp)
	src.Headers = appendOthers(make([]kgo.RecordHeader, 0, len(r.Headers)), r.Headers, ofRetry...)
	return &src, earlier(r.Headers)
}

// earlier reads the failure that is in a record's headers.
func earlier(headers []kgo.RecordHeader) sink.Failure {
	f := sink.Failure{
		Kind:    sink.Kind(lastHeader(headers, sink.HeaderErrorKind)),
		Stage:   lastHeader(headers, sink.HeaderErrorStage),
		Code:    lastHeader(headers, sink.HeaderErrorCode),
		Message: lastHeader(headers, sink.HeaderErrorMessage),
	}
	// What cannot be read is left out: it is told to people only.
	f.Attempts, _ = strconv.Atoi(lastHeader(headers, sink.HeaderErrorAttempts))
	f.FirstAt, _ = time.Parse(time.RFC3339Nano, lastHeader(headers, sink.HeaderErrorFirstAt))
	f.LastAt, _ = time.Parse(time.RFC3339Nano, lastHeader(headers, sink.HeaderErrorLastAt))
	return f
}

// Accumulate returns f as the last of several failures. It adds up the attempts, and takes the first time from the
// earlier failures.
func Accumulate(f, earlier sink.Failure) sink.Failure {
	if earlier.Kind == "" {
		return f
	}
	f.Attempts = max(f.Attempts, 1) + earlier.Attempts
	if !earlier.FirstAt.IsZero() {
		f.FirstAt = earlier.FirstAt
	}
	return f
}

func lastHeader(headers []kgo.RecordHeader, key string) string {
	for _, h := range slices.Backward(headers) {
		if h.Key == key {
			return string(h.Value)
		}
	}
	return ""
}
