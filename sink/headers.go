package sink

import (
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Prefix begins the key of every header that belongs to loaderline.
const Prefix = "loaderline."

// The headers of every record.
const (
	HeaderSourceTopic     = Prefix + "source.topic"
	HeaderSourcePartition = Prefix + "source.partition"
	HeaderSourceOffset    = Prefix + "source.offset"
	HeaderSourceTimestamp = Prefix + "source.timestamp"
)

// The headers of records that were redriven: where the record was that failed first. They stay with it, in what it
// becomes and in its next dead letter, as does HeaderRedrives.
const (
	HeaderOriginTopic     = originPrefix + "topic"
	HeaderOriginPartition = originPrefix + "partition"
	HeaderOriginOffset    = originPrefix + "offset"
	HeaderOriginTimestamp = originPrefix + "timestamp"
)

// HeaderDegraded is in records that were enriched with less than all stages have: as `user=error,reviews=error`.
const HeaderDegraded = Prefix + "degraded"

// HeaderReplay is in records that a replay published: its ID.
const HeaderReplay = Prefix + "replay"

// The headers of dead letters. All but the last three are always there.
const (
	HeaderPipeline      = Prefix + "pipeline"
	HeaderVersion       = Prefix + "version"
	HeaderErrorKind     = Prefix + "error.kind"
	HeaderErrorStage    = Prefix + "error.stage"
	HeaderErrorCode     = Prefix + "error.code"
	HeaderErrorMessage  = Prefix + "error.message"
	HeaderErrorAttempts = Prefix + "error.attempts"
	HeaderErrorFirstAt  = Prefix + "error.first_at"
	HeaderErrorLastAt   = Prefix + "error.last_at"
	HeaderRedrives      = Prefix + "redrives"

	// Each holds the size in bytes of what was left out for want of room.
	HeaderValueDropped   = Prefix + "error.value_dropped"
	HeaderHeadersDropped = Prefix + "error.headers_dropped"
	HeaderKeyDropped     = Prefix + "error.key_dropped"
)

// HeaderRetryDue is in records of retry topics: when they are tried again, as of RFC 3339. They have those of dead letters
// as well, those of the error where there was one.
const HeaderRetryDue = retryPrefix + "due"

// HeaderRetryShare is in records of retry topics: which share of the events that were read when they were went to a
// retry topic, from 0.000001 to 1.000000. It says how much their deaths weigh.
const HeaderRetryShare = retryPrefix + "share"

const (
	errorPrefix    = Prefix + "error."
	retryPrefix    = Prefix + "retry."
	sourceHeaders  = 4
	originHeaders  = 4
	failureHeaders = 7
	deathHeaders   = failureHeaders + 6
	retryHeaders   = failureHeaders + 4
	// maxOriginText is the longest name of a topic. Whatever is longer was not written by a redrive.
	maxOriginText = 249
	// sourceTextBytes is room for the two long numbers of a record.
	sourceTextBytes     = 20 + 14
	deadLetterTextBytes = 512
)

// source appends where src came from, and by which replay. Neighbours mostly share topic and
// partition, and then the texts of them too.
func (a *arena) source(to []kgo.RecordHeader, src *kgo.Record) []kgo.RecordHeader {
	if a.topicText == nil || a.topic != src.Topic {
		a.topic, a.topicText = src.Topic, a.string(src.Topic)
	}
	if a.partitionText == nil || a.partition != src.Partition {
		a.partition, a.partitionText = src.Partition, a.number(int64(src.Partition))
	}
	if a.replay != nil {
		to = append(to, kgo.RecordHeader{Key: HeaderReplay, Value: a.replay})
	}
	return append(to,
		kgo.RecordHeader{Key: HeaderSourceTopic, Value: a.topicText},
		kgo.RecordHeader{Key: HeaderSourcePartition, Value: a.partitionText},
		kgo.RecordHeader{Key: HeaderSourceOffset, Value: a.number(src.Offset)},
		kgo.RecordHeader{Key: HeaderSourceTimestamp, Value: a.number(src.Timestamp.UnixMilli())},
	)
}

// failure is what went wrong.
func (a *arena) failure(f Failure, message string, now time.Time) []kgo.RecordHeader {
	return []kgo.RecordHeader{
		{Key: HeaderErrorKind, Value: a.string(string(f.Kind))},
		{Key: HeaderErrorStage, Value: a.string(f.Stage)},
		{Key: HeaderErrorCode, Value: a.string(f.Code)},
		{Key: HeaderErrorMessage, Value: a.string(message)},
		{Key: HeaderErrorAttempts, Value: a.number(int64(max(f.Attempts, 1)))},
		{Key: HeaderErrorFirstAt, Value: a.time(orTime(f.FirstAt, now))},
		{Key: HeaderErrorLastAt, Value: a.time(orTime(f.LastAt, now))},
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

// appendOrigin appends those headers that say where a redriven record was first, each once.
func appendOrigin(to, from []kgo.RecordHeader) []kgo.RecordHeader {
	for _, key := range [originHeaders]string{HeaderOriginTopic, HeaderOriginPartition, HeaderOriginOffset, HeaderOriginTimestamp} {
		for _, h := range from {
			if h.Key == key && len(h.Value) <= maxOriginText {
				to = append(to, h)
				break
			}
		}
	}
	return to
}
