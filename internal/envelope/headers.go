package envelope

import (
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/sink"
)

const (
	sourcePrefix = sink.HeaderSource // The four keys of SourceFull begin with it too.
	originPrefix = sink.Prefix + "origin."
	errorPrefix  = sink.Prefix + "error."
	retryPrefix  = sink.Prefix + "retry."
	// fullSourceHeaders is the number of headers with sink.SourceFull.
	fullSourceHeaders = 4
	originHeaders     = 4
	failureHeaders    = 7
	deathHeaders      = failureHeaders + 6
	retryHeaders      = failureHeaders + 4
	// maxOriginText is the longest name of a topic. Whatever is longer was not written by a redrive.
	maxOriginText = 249
	// sourceTextBytes is room for an offset and a timestamp, or for the short form with a topic of usual length.
	sourceTextBytes     = 20 + 14
	deadLetterTextBytes = 512
)

// failure is what went wrong.
func (a *arena) failure(f sink.Failure, message string, now time.Time) []kgo.RecordHeader {
	return []kgo.RecordHeader{
		{Key: sink.HeaderErrorKind, Value: a.string(string(f.Kind))},
		{Key: sink.HeaderErrorStage, Value: a.string(f.Stage)},
		{Key: sink.HeaderErrorCode, Value: a.string(f.Code)},
		{Key: sink.HeaderErrorMessage, Value: a.string(message)},
		{Key: sink.HeaderErrorAttempts, Value: a.number(int64(max(f.Attempts, 1)))},
		{Key: sink.HeaderErrorFirstAt, Value: a.time(orTime(f.FirstAt, now))},
		{Key: sink.HeaderErrorLastAt, Value: a.time(orTime(f.LastAt, now))},
	}
}

// appendOthers appends the headers whose key begins with none of the prefixes.
func appendOthers(to, from []kgo.RecordHeader, prefixes ...string) []kgo.RecordHeader {
next:
	for _, h := range from {
		for _, prefix := range prefixes {
			if strings.HasPrefix(h.Key, prefix) {
				continue next
			}
		}
		to = append(to, h)
	}
	return to
}

// appendOrigin appends the headers that say where a redriven record first failed, each once.
func appendOrigin(to, from []kgo.RecordHeader) []kgo.RecordHeader {
	for _, key := range [originHeaders]string{sink.HeaderOriginTopic, sink.HeaderOriginPartition, sink.HeaderOriginOffset, sink.HeaderOriginTimestamp} {
		for _, h := range from {
			if h.Key == key && len(h.Value) <= maxOriginText {
				to = append(to, h)
				break
			}
		}
	}
	return to
}
