package envelope

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/sink"
)

// maxMessageText is the longest loaderline.error.message, in bytes.
const maxMessageText = 1 << 10

// DeadLetter makes the dead letter of src. It has the key, value and headers of src, the current time, and headers with
// its origin and failure.
//
// If it does not fit the dead-letter topic, the value is left out, then the headers of src, then its key; message and
// headers say so. The source's coordinates always stay.
func (b *Batch) DeadLetter(src *kgo.Record, f sink.Failure) *kgo.Record {
	topic, now := b.envelope.cfg.DeadLetterTopic, b.envelope.cfg.Now()
	limit := b.limitOf(topic)
	r := b.arena.record()
	*r = kgo.Record{Topic: topic, Key: src.Key, Value: src.Value, Timestamp: now, Partition: -1}
	var left leftOut
	for r.Headers = b.deadHeaders(src, f, left, now); WireSize(r) > limit; r.Headers = b.deadHeaders(src, f, left, now) {
		switch {
		case r.Value != nil:
			left = append(left, omission{"value", sink.HeaderValueDropped, len(src.Value)})
			r.Value = nil
		case !left.has(sink.HeaderHeadersDropped) && len(src.Headers) > 0:
			left = append(left, omission{"headers", sink.HeaderHeadersDropped, headerBytes(src.Headers)})
		case r.Key != nil:
			left = append(left, omission{"key", sink.HeaderKeyDropped, len(src.Key)})
			r.Key = nil
		default:
			return r // The broker says what it does not take.
		}
	}
	return r
}

func (b *Batch) deadHeaders(src *kgo.Record, f sink.Failure, left leftOut, now time.Time) []kgo.RecordHeader {
	a, cfg := &b.arena, &b.envelope.cfg
	keep := src.Headers
	if left.has(sink.HeaderHeadersDropped) {
		keep = nil
	}
	a.room(deadLetterTextBytes)
	headers := appendOthers(a.take(len(keep)+a.sourceHeaders(sink.SourceFull)+originHeaders+deathHeaders), keep, sink.Prefix)
	headers = appendOrigin(headers, src.Headers)
	headers = a.source(headers, src, sink.SourceFull)
	headers = append(headers,
		kgo.RecordHeader{Key: sink.HeaderPipeline, Value: a.string(cfg.Pipeline)},
		kgo.RecordHeader{Key: sink.HeaderVersion, Value: a.string(cfg.Version)},
	)
	headers = append(headers, a.failure(f, cleanMessage(left.message(cfg.DeadLetterTopic)+f.Message), now)...)
	headers = append(headers, kgo.RecordHeader{Key: sink.HeaderRedrives, Value: a.number(redrives(src.Headers))})
	for _, o := range left {
		headers = append(headers, kgo.RecordHeader{Key: o.header, Value: a.number(int64(o.bytes))})
	}
	a.done(headers)
	return headers
}

// leftOut is what a dead letter had no room for.
type leftOut []omission

type omission struct {
	name, header string
	bytes        int
}

func (l leftOut) has(header string) bool {
	for _, o := range l {
		if o.header == header {
			return true
		}
	}
	return false
}

// message comes before the failure's own, so that cutting spares it.
func (l leftOut) message(topic string) string {
	if len(l) == 0 {
		return ""
	}
	texts := make([]string, len(l))
	for i, o := range l {
		texts[i] = fmt.Sprintf("%s (%d bytes)", o.name, o.bytes)
	}
	return fmt.Sprintf("left out, too large for topic %s: %s; ", topic, strings.Join(texts, ", "))
}

// redrives reads how often src was redriven before; anything unreadable is 0.
func redrives(headers []kgo.RecordHeader) int64 {
	for _, h := range headers {
		if h.Key == sink.HeaderRedrives {
			if n, err := strconv.ParseInt(string(h.Value), 10, 64); err == nil && n >= 0 {
				return n
			}
		}
	}
	return 0
}

// cleanMessage makes one line of valid UTF-8, maxMessageText bytes at most,
// that cannot steer a terminal.
func cleanMessage(text string) string {
	var b strings.Builder
	b.Grow(min(len(text), maxMessageText))
	for _, r := range text {
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf) {
			if r != '\n' && r != '\t' {
				continue
			}
			r = ' '
		}
		if b.Len()+utf8.RuneLen(r) > maxMessageText {
			break
		}
		b.WriteRune(r)
	}
	return b.String()
}

func headerBytes(headers []kgo.RecordHeader) int {
	n := 0
	for _, h := range headers {
		n += len(h.Key) + len(h.Value)
	}
	return n
}

func orTime(t, otherwise time.Time) time.Time {
	if t.IsZero() {
		return otherwise
	}
	return t
}
