package envelope_test

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/envelope"
	"github.com/loaderline/loaderline/sink"
)

// FuzzDeadLetter holds the envelope to what it promises for any record and failure: what came in is there untouched or
// said to be left out, where it came from can be read, no header of ours is there twice, and it fits its topic.
func FuzzDeadLetter(f *testing.F) {
	f.Add([]byte("k"), []byte(`{"user_id":`), "trace", []byte("1"), "decode", "user", "", "the value is not JSON", int64(7), int32(3), 2, uint16(2000), false, uint8(1))
	f.Add([]byte("k"), []byte("v"), sink.HeaderErrorKind, []byte("key"), "missing", "", "42501", "a\nb\x1b[31m\xff", int64(-1), int32(-1), 0, uint16(0), true, uint8(0))
	f.Add([]byte("k"), bytes.Repeat([]byte("v"), 100), sink.HeaderRedrives, []byte("4"), "too_large", "s", "", "éa€", int64(1)<<62, int32(0), -5, uint16(1500), false, uint8(255))
	f.Add(bytes.Repeat([]byte("k"), 80), []byte("v"), "", bytes.Repeat([]byte("h"), 80), "", "", "", "", int64(0), int32(0), 1, uint16(550), false, uint8(9))
	f.Fuzz(func(t *testing.T, key, value []byte, header string, headerValue []byte, kind, stage, code, message string, offset int64, partition int32, attempts int, room uint16, null bool, times uint8) {
		message = strings.Repeat(message, int(times)) // A long text would keep the fuzzer busy with making it shorter.
		if null {
			key, value = nil, nil
		}
		now := time.Date(2026, 11, 24, 8, 0, 0, 5, time.UTC)
		limit := int(room)
		s := envelope.New(envelope.Config{
			Config: sink.Config{Topic: "out", DeadLetterTopic: "dead"}, Pipeline: "p", Version: "v",
			MaxMessageBytes: func(string) int { return limit }, Now: func() time.Time { return now },
		})
		src := &kgo.Record{
			Topic: "in", Partition: partition, Offset: offset, Key: key, Value: value, Timestamp: now.Add(-time.Hour),
			Headers: []kgo.RecordHeader{{Key: header, Value: headerValue}, {Key: header, Value: nil}, {Key: "other", Value: []byte("o")}},
		}
		before := []any{bytes.Clone(key), bytes.Clone(value), slices.Clone(src.Headers)}
		failure := sink.Failure{Kind: sink.Kind(kind), Stage: stage, Code: code, Message: message, Attempts: attempts}
		dead := s.Batch(1).DeadLetter(src, failure)

		if diff := cmp.Diff(before, []any{src.Key, src.Value, src.Headers}); diff != "" {
			t.Fatalf("the event has changed:\n%s", diff)
		}
		if dead.Topic != "dead" || !dead.Timestamp.Equal(now) {
			t.Errorf("topic %q, time %v", dead.Topic, dead.Timestamp)
		}
		ours, others := split(dead)
		if named := len(ours) + len(others); named != len(dead.Headers) {
			t.Errorf("of %d headers, %d are ours by name and %d are not: one is there twice", len(dead.Headers), len(ours), len(others))
		}
		kept(t, "value", dead.Value, value, ours[sink.HeaderValueDropped])
		kept(t, "key", dead.Key, key, ours[sink.HeaderKeyDropped])
		_, foreign := split(src)
		headersKept(t, others, foreign, ours[sink.HeaderHeadersDropped])
		if size := envelope.WireSize(dead); size > limit && (dead.Value != nil || dead.Key != nil || len(others) != 0) {
			t.Errorf("it has %d bytes, its topic takes %d, and there is more to leave out", size, limit)
		}
		for name, want := range map[string]string{
			sink.HeaderSourceTopic: "in", sink.HeaderSourcePartition: strconv.Itoa(int(partition)), sink.HeaderSourceOffset: strconv.FormatInt(offset, 10),
			sink.HeaderSourceTimestamp: strconv.FormatInt(now.Add(-time.Hour).UnixMilli(), 10), sink.HeaderPipeline: "p", sink.HeaderVersion: "v",
			sink.HeaderErrorKind: kind, sink.HeaderErrorStage: stage, sink.HeaderErrorCode: code, sink.HeaderErrorAttempts: strconv.Itoa(max(attempts, 1)),
			sink.HeaderErrorFirstAt: now.Format(time.RFC3339Nano), sink.HeaderErrorLastAt: now.Format(time.RFC3339Nano),
		} {
			if got := string(ours[name]); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		said := string(ours[sink.HeaderErrorMessage])
		if len(said) > 1<<10 || !utf8.ValidString(said) || strings.ContainsFunc(said, unicode.IsControl) {
			t.Errorf("message %q", said)
		}
		if n, err := strconv.ParseInt(string(ours[sink.HeaderRedrives]), 10, 64); err != nil || n < 0 {
			t.Errorf("%s is %q", sink.HeaderRedrives, ours[sink.HeaderRedrives])
		}
	})
}

// split tells the headers of ours from others.
func split(r *kgo.Record) (ours map[string][]byte, others []kgo.RecordHeader) {
	ours = map[string][]byte{}
	for _, h := range r.Headers {
		if !strings.HasPrefix(h.Key, sink.Prefix) {
			others = append(others, h)
			continue
		}
		ours[h.Key] = h.Value
	}
	return ours, others
}

// headersKept says that the event's headers are there as they were, or said to be left out.
func headersKept(t *testing.T, got, want []kgo.RecordHeader, left []byte) {
	t.Helper()
	if left == nil {
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("headers differ:\n%s", diff)
		}
	} else if len(got) != 0 {
		t.Errorf("headers are said to be left out, but there are %v", got)
	}
}

// kept says that a part of the event is there as it was, null being no empty text, or said to be left out.
func kept(t *testing.T, part string, got, want, left []byte) {
	t.Helper()
	switch {
	case left == nil && (!bytes.Equal(got, want) || (got == nil) != (want == nil)):
		t.Errorf("%s is %q, want %q", part, got, want)
	case left != nil && (got != nil || string(left) != strconv.Itoa(len(want))):
		t.Errorf("%s is %q, said to be left out with %s bytes of %d", part, got, left, len(want))
	}
}
