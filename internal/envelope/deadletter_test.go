package envelope_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"
	"pgregory.net/rapid"

	"github.com/loaderline/loaderline/internal/envelope"
	"github.com/loaderline/loaderline/sink"
)

func TestDeadLetter(t *testing.T) {
	src := source()
	got := newEnvelope(1<<20).Batch(1).DeadLetter(src, sink.Failure{
		Kind: sink.KindLookup, Stage: "user", Code: "57014", Message: "timed\nout\x00 \u202eevil", Attempts: 4,
		FirstAt: died.Add(-time.Minute),
	})
	want := []string{
		"trace=1", "trace=",
		"loaderline.source.topic=in", "loaderline.source.partition=3", "loaderline.source.offset=42", "loaderline.source.timestamp=1700000000123",
		"loaderline.pipeline=orders", "loaderline.version=v1.2.3",
		"loaderline.error.kind=lookup", "loaderline.error.stage=user", "loaderline.error.code=57014", "loaderline.error.message=timed out evil",
		"loaderline.error.attempts=4", "loaderline.error.first_at=2026-11-24T10:19:30.4Z", "loaderline.error.last_at=2026-11-24T10:20:30.4Z",
		"loaderline.redrives=2",
	}
	if diff := cmp.Diff(want, texts(got.Headers)); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
	if got.Topic != "dead" || got.Partition != -1 || !got.Timestamp.Equal(died) {
		t.Errorf("got topic %s partition %d time %v", got.Topic, got.Partition, got.Timestamp)
	}
	if string(got.Key) != "k" || string(got.Value) != "v" {
		t.Errorf("got key %q value %q", got.Key, got.Value)
	}
	tombstone := &kgo.Record{Topic: "in", Headers: []kgo.RecordHeader{{Key: sink.HeaderRedrives, Value: []byte("-3")}}}
	got = newEnvelope(1<<20).Batch(1).DeadLetter(tombstone, sink.Failure{Kind: sink.KindDecode})
	if got.Key != nil || got.Value != nil {
		t.Errorf("null became key %v value %v", got.Key, got.Value)
	}
	headers := byKey(t, got.Headers)
	if headers[sink.HeaderRedrives] != "0" || headers[sink.HeaderErrorAttempts] != "1" {
		t.Errorf("got redrives %q attempts %q", headers[sink.HeaderRedrives], headers[sink.HeaderErrorAttempts])
	}
}

func TestDeadLetterTooLarge(t *testing.T) {
	const limit = 4096
	large := make([]byte, 2*limit)
	tests := []struct {
		name                string
		key, value, header  []byte
		value1, header1     bool // Kept.
		key1                bool
		wantDropped, wantIn string
	}{
		{"value", []byte("k"), large, []byte("h"), false, true, true, "8192", "left out, too large for topic dead: value (8192 bytes); why"},
		{"headers", []byte("k"), []byte("v"), large, false, false, true, "1", "headers (8193 bytes)"},
		{"key", large, nil, []byte("h"), false, false, false, "", "key (8192 bytes)"},
		{"all", large, large, large, false, false, false, "8192", "value (8192 bytes), headers (8193 bytes), key (8192 bytes)"},
		{"fits", []byte("k"), []byte("v"), []byte("h"), true, true, true, "", "why"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			src := &kgo.Record{Topic: "in", Offset: 7, Key: tt.key, Value: tt.value, Headers: []kgo.RecordHeader{{Key: "h", Value: tt.header}}}
			got := newEnvelope(limit).Batch(1).DeadLetter(src, sink.Failure{Kind: sink.KindTooLarge, Message: "why"})
			if size := envelope.WireSize(got); size > limit {
				t.Errorf("dead letter has %d bytes", size)
			}
			headers := byKey(t, got.Headers)
			_, header := headers["h"]
			if (got.Key != nil) != tt.key1 || (got.Value != nil) != tt.value1 || header != tt.header1 {
				t.Errorf("kept key %t value %t headers %t", got.Key != nil, got.Value != nil, header)
			}
			if headers[sink.HeaderValueDropped] != tt.wantDropped || !strings.Contains(headers[sink.HeaderErrorMessage], tt.wantIn) {
				t.Errorf("dropped %q, message %q", headers[sink.HeaderValueDropped], headers[sink.HeaderErrorMessage])
			}
			if headers[sink.HeaderSourceTopic] != "in" || headers[sink.HeaderSourceOffset] != "7" {
				t.Errorf("coordinates are gone: %v", headers)
			}
		})
	}
}

// TestDeadLetterProperties holds whatever comes in: it fits, its message is
// safe, and its coordinates are right.
func TestDeadLetterProperties(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		limit := rapid.IntRange(2500, 9000).Draw(rt, "limit")
		blob := func(name string) []byte { return []byte(rapid.StringN(0, -1, 10000).Draw(rt, name)) }
		src := &kgo.Record{
			Topic: "in", Offset: rapid.Int64Min(0).Draw(rt, "offset"), Partition: rapid.Int32Min(0).Draw(rt, "partition"),
			Key: blob("key"), Value: blob("value"),
			Headers: []kgo.RecordHeader{{Key: string(blob("header")), Value: blob("header value")}},
		}
		message := rapid.OneOf(rapid.String(), rapid.Custom(func(rt *rapid.T) string {
			return string(rapid.SliceOfN(rapid.Byte(), 0, 3000).Draw(rt, "bytes"))
		})).Draw(rt, "message")
		got := newEnvelope(limit).Batch(1).DeadLetter(src, sink.Failure{Kind: sink.KindKey, Message: message})
		if size := envelope.WireSize(got); size > limit {
			rt.Fatalf("dead letter has %d bytes", size)
		}
		headers := byKey(t, got.Headers)
		text := headers[sink.HeaderErrorMessage]
		if len(text) > 1024 || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
			rt.Fatalf("unsafe message %q", text)
		}
		if headers[sink.HeaderSourceOffset] != fmt.Sprint(src.Offset) || headers[sink.HeaderSourcePartition] != fmt.Sprint(src.Partition) {
			rt.Fatalf("wrong coordinates %v", headers)
		}
	})
}
