package envelope_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"pgregory.net/rapid"

	"github.com/loaderline/loaderline/internal/envelope"
	"github.com/loaderline/loaderline/sink"
)

var (
	born = time.UnixMilli(1_700_000_000_123)
	died = time.Date(2026, 11, 24, 10, 20, 30, 400_000_000, time.UTC)
)

// atMost is Kafka's own default of max.message.bytes.
func atMost(string) int { return 1_000_012 }

func newEnvelope(limit int) *envelope.Envelope {
	return envelope.New(envelope.Config{
		Config:   sink.Config{Topic: "out", DeadLetterTopic: "dead"},
		Pipeline: "orders",
		Version:  "v1.2.3",

		MaxMessageBytes: func(string) int { return limit },
		Now:             func() time.Time { return died },
	})
}

func source() *kgo.Record {
	return &kgo.Record{
		Topic: "in", Partition: 3, Offset: 42, Timestamp: born,
		Key: []byte("k"), Value: []byte("v"),
		Headers: []kgo.RecordHeader{
			{Key: "trace", Value: []byte("1")},
			{Key: "loaderline.redrives", Value: []byte("2")},
			{Key: "loaderline.source.topic", Value: []byte("elsewhere")},
			{Key: "trace", Value: nil},
		},
	}
}

// texts lists headers in order, as key=value.
func texts(headers []kgo.RecordHeader) []string {
	list := make([]string, len(headers))
	for i, h := range headers {
		list[i] = h.Key + "=" + string(h.Value)
	}
	return list
}

// byKey fails on a header that is there twice.
func byKey(t *testing.T, headers []kgo.RecordHeader) map[string]string {
	t.Helper()
	m := make(map[string]string)
	for _, h := range headers {
		if _, twice := m[h.Key]; twice && strings.HasPrefix(h.Key, sink.Prefix) {
			t.Errorf("header %s is repeated", h.Key)
		}
		m[h.Key] = string(h.Value)
	}
	return m
}

func TestEnriched(t *testing.T) {
	other := time.UnixMilli(5)
	tests := []struct {
		name      string
		partition sink.Partition
		ownKeys   bool
		source    sink.Source
		out       kgo.Record
		want      kgo.Record
		headers   []string
	}{
		{
			name: "from the source",
			out:  kgo.Record{Value: []byte("e")},
			want: kgo.Record{Topic: "out", Partition: -1, Key: []byte("k"), Value: []byte("e"), Timestamp: born},
		},
		{
			name:    "with all about the source",
			source:  sink.SourceFull,
			out:     kgo.Record{Value: []byte("e")},
			want:    kgo.Record{Topic: "out", Partition: -1, Key: []byte("k"), Value: []byte("e"), Timestamp: born},
			headers: []string{"loaderline.source.topic=in", "loaderline.source.partition=3", "loaderline.source.offset=42", "loaderline.source.timestamp=1700000000123"},
		},
		{
			name:   "with nothing about the source",
			source: sink.SourceNone,
			out:    kgo.Record{Value: []byte("e")},
			want:   kgo.Record{Topic: "out", Partition: -1, Key: []byte("k"), Value: []byte("e"), Timestamp: born},
		},
		{
			name:      "partition of the source",
			partition: sink.BySource,
			out:       kgo.Record{Value: []byte("e")},
			want:      kgo.Record{Topic: "out", Partition: 3, Key: []byte("k"), Value: []byte("e"), Timestamp: born},
		},
		{
			name:    "without its own key",
			ownKeys: true,
			out:     kgo.Record{Value: []byte("e")},
			want:    kgo.Record{Topic: "out", Partition: -1, Value: []byte("e"), Timestamp: born},
		},
		{
			name:    "with its own key",
			ownKeys: true,
			out:     kgo.Record{Key: []byte("own"), Value: []byte("e")},
			want:    kgo.Record{Topic: "out", Partition: -1, Key: []byte("own"), Value: []byte("e"), Timestamp: born},
		},
		{
			name: "its own topic, key and time",
			out: kgo.Record{
				Topic: "t", Key: []byte{}, Timestamp: other,
				Headers: []kgo.RecordHeader{
					{Key: "loaderline.degraded", Value: []byte("user=error")},
					{Key: "loaderline.source", Value: []byte("forged")},
					{Key: "loaderline.source.offset", Value: []byte("forged")},
					{Key: "loaderline.origin.offset", Value: []byte("forged")},
					{Key: "loaderline.redrives", Value: []byte("forged")},
				},
			},
			want:    kgo.Record{Topic: "t", Partition: -1, Key: []byte{}, Timestamp: other},
			headers: []string{"loaderline.degraded=user=error"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := envelope.New(envelope.Config{Config: sink.Config{Topic: "out", Partition: tt.partition, OwnKeys: tt.ownKeys, Source: tt.source}, MaxMessageBytes: atMost})
			got, failure := s.Batch(1).Enriched(source(), tt.out)
			if failure != nil {
				t.Fatal(failure)
			}
			headers := append([]string{"trace=1", "trace=", "loaderline.redrives=2"}, tt.headers...)
			if tt.source == sink.SourceShort {
				headers = append(headers, "loaderline.source=in/3/42")
			}
			if diff := cmp.Diff(headers, texts(got.Headers)); diff != "" {
				t.Errorf("headers (-want +got):\n%s", diff)
			}
			if got.Topic != tt.want.Topic || got.Partition != tt.want.Partition || !got.Timestamp.Equal(tt.want.Timestamp) {
				t.Errorf("got %s %d %v, want %s %d %v", got.Topic, got.Partition, got.Timestamp, tt.want.Topic, tt.want.Partition, tt.want.Timestamp)
			}
			if diff := cmp.Diff([][]byte{tt.want.Key, tt.want.Value}, [][]byte{got.Key, got.Value}); diff != "" {
				t.Errorf("key and value (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEnrichedTooLarge(t *testing.T) {
	fits, failure := newEnvelope(1<<20).Batch(1).Enriched(source(), kgo.Record{Value: make([]byte, 5000)})
	if failure != nil {
		t.Fatal(failure)
	}
	size := envelope.WireSize(fits)
	if _, failure = newEnvelope(size).Batch(1).Enriched(source(), kgo.Record{Value: make([]byte, 5000)}); failure != nil {
		t.Errorf("a record of exactly the limit: %v", failure)
	}
	_, failure = newEnvelope(size-1).Batch(1).Enriched(source(), kgo.Record{Value: make([]byte, 5000)})
	want := &sink.Failure{
		Kind:    sink.KindTooLarge,
		Message: fmt.Sprintf("the record has %d bytes, more than the %d that topic out takes", size, size-1),
		FirstAt: died, LastAt: died,
	}
	if diff := cmp.Diff(want, failure); diff != "" {
		t.Errorf("failure (-want +got):\n%s", diff)
	}
}

// TestBatchKeepsRecordsApart makes more records than a batch was sized for, in
// any mixture, and looks at all of them at the end.
func TestBatchKeepsRecordsApart(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		form := rapid.SampledFrom([]sink.Source{sink.SourceShort, sink.SourceFull, sink.SourceNone}).Draw(rt, "source")
		b := envelope.New(envelope.Config{
			Config: sink.Config{Topic: "out", DeadLetterTopic: "dead", Source: form}, MaxMessageBytes: atMost,
		}).Batch(rapid.IntRange(0, 8).Draw(rt, "hint"))
		type made struct {
			got  *kgo.Record
			want map[string]string
		}
		var all []made
		for i := range rapid.IntRange(1, 40).Draw(rt, "records") {
			src := &kgo.Record{Topic: rapid.SampledFrom([]string{"a", "bb"}).Draw(rt, "topic"), Partition: rapid.Int32Range(0, 12).Draw(rt, "partition"), Offset: int64(i), Timestamp: time.UnixMilli(int64(i))}
			want := map[string]string{}
			for h := range rapid.IntRange(0, 3).Draw(rt, "headers") {
				key, value := fmt.Sprint("h", h), fmt.Sprint(i, h)
				src.Headers = append(src.Headers, kgo.RecordHeader{Key: key, Value: []byte(value)})
				want[key] = value
			}
			dead := rapid.Bool().Draw(rt, "dead")
			switch {
			case dead || form == sink.SourceFull:
				want[sink.HeaderSourceTopic], want[sink.HeaderSourcePartition] = src.Topic, fmt.Sprint(src.Partition)
				want[sink.HeaderSourceOffset], want[sink.HeaderSourceTimestamp] = fmt.Sprint(i), fmt.Sprint(i)
			case form == sink.SourceShort:
				want[sink.HeaderSource] = fmt.Sprintf("%s/%d/%d", src.Topic, src.Partition, i)
			}
			if dead {
				want[sink.HeaderErrorMessage] = fmt.Sprint("m", i)
				all = append(all, made{b.DeadLetter(src, sink.Failure{Message: fmt.Sprint("m", i)}), want})
				continue
			}
			got, failure := b.Enriched(src, kgo.Record{})
			if failure != nil {
				rt.Fatal(failure)
			}
			all = append(all, made{got, want})
		}
		for _, m := range all {
			got := byKey(t, m.got.Headers)
			maps.DeleteFunc(got, func(k, _ string) bool {
				_, wanted := m.want[k]
				return !wanted && !strings.HasPrefix(k, sink.HeaderSource)
			})
			if diff := cmp.Diff(m.want, got); diff != "" {
				rt.Fatalf("headers (-want +got):\n%s", diff)
			}
		}
	})
}

// TestWireSize compares with the encoding of the protocol library.
func TestWireSize(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		blob := rapid.SliceOfN(rapid.Byte(), 0, 9000)
		r := &kgo.Record{Key: blob.Draw(rt, "key"), Value: blob.Draw(rt, "value")}
		wire := kmsg.Record{Key: r.Key, Value: r.Value}
		for range rapid.IntRange(0, 70).Draw(rt, "headers") {
			h := kgo.RecordHeader{Key: rapid.StringN(0, -1, 100).Draw(rt, "header"), Value: rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(rt, "text")}
			r.Headers = append(r.Headers, h)
			wire.Headers = append(wire.Headers, kmsg.Header{Key: h.Key, Value: h.Value})
		}
		body := len(wire.AppendTo(nil)) - 1 // Less the length, which is 0 here.
		wire.Length = int32(body)
		if want, got := 65+len(wire.AppendTo(nil)), envelope.WireSize(r); got != want {
			rt.Fatalf("size %d, want %d", got, want)
		}
	})
}

func TestFailureError(t *testing.T) {
	f := sink.Failure{Kind: sink.KindLookup, Stage: "user", Code: "57014", Message: "timed out"}
	if got, want := f.Error(), "lookup in stage user (57014): timed out"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func BenchmarkEnriched(b *testing.B) {
	const records = 5000
	s := newEnvelope(1 << 20)
	src := &kgo.Record{Topic: "in", Partition: 2, Offset: 1_234_567, Timestamp: born, Key: []byte("12345"), Value: make([]byte, 120)}
	out := kgo.Record{Value: make([]byte, 1300)}
	b.ReportAllocs()
	for b.Loop() {
		batch := s.Batch(records)
		for range records {
			if _, failure := batch.Enriched(src, out); failure != nil {
				b.Fatal(failure)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*records), "ns/record")
}
