package envelope_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/envelope"
	"github.com/loaderline/loaderline/sink"
)

// What comes back from a retry topic is what went there, but for headers that are loaderline's own.
func TestARetryStandsForItsSource(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 12, 0, 0, 5, time.UTC)
	s := envelope.New(envelope.Config{
		Config: sink.Config{Topic: "out", DeadLetterTopic: "dead"}, Pipeline: "p", Version: "1",
		MaxMessageBytes: atMost, Now: func() time.Time { return now },
	})
	src := &kgo.Record{
		Topic: "in", Partition: 3, Offset: 42, Timestamp: time.UnixMilli(1234), Key: []byte("k"), Value: []byte("v"),
		Headers: []kgo.RecordHeader{{Key: "trace", Value: []byte("t")}, {Key: "loaderline.redrives", Value: []byte("2")}, {Key: "loaderline.source.topic", Value: []byte("upstream")}},
	}
	failure := sink.Failure{Kind: sink.KindLookup, Stage: "user", Code: "40P01", Message: "deadlock", Attempts: 2, FirstAt: now.Add(-time.Minute), LastAt: now}
	due := now.Add(5 * time.Second)
	r, refused := s.Batch(1).Retry(src, "retry", due, []byte("0.125"), failure)
	if refused != nil {
		t.Fatal(refused)
	}
	if r.Topic != "retry" || r.Partition != 3 || !r.Timestamp.Equal(now) || !envelope.Due(r).Equal(due) {
		t.Errorf("it goes to %s[%d] with the timestamp %v, due at %v", r.Topic, r.Partition, r.Timestamp, envelope.Due(r))
	}
	origin, earlier := envelope.SourceOf(r)
	want := *src
	want.Headers = src.Headers[:2]
	if diff := cmp.Diff(&want, origin, cmpopts.IgnoreUnexported(kgo.Record{}, kgo.RecordAttrs{})); diff != "" {
		t.Errorf("origin (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(failure, earlier); diff != "" {
		t.Errorf("failure (-want +got):\n%s", diff)
	}
	again := envelope.Accumulate(sink.Failure{Kind: sink.KindMissing, Attempts: 1, LastAt: due}, earlier)
	if again.Kind != sink.KindMissing || again.Attempts != 3 || !again.FirstAt.Equal(failure.FirstAt) || !again.LastAt.Equal(due) {
		t.Errorf("both failures: %+v", again)
	}
	if _, none := envelope.SourceOf(must(s.Batch(1).Retry(src, "retry", due, nil, sink.Failure{}))); none.Kind != "" {
		t.Errorf("what only follows has failed: %+v", none)
	}
	if share := envelope.RetryShare(r); share != 0.125 {
		t.Errorf("its share is %v", share)
	}
	src.Value = []byte(strings.Repeat("v", 1_000_012))
	if _, refused := s.Batch(1).Retry(src, "retry", due, []byte("0.125"), failure); refused == nil || refused.Kind != sink.KindTooLarge {
		t.Errorf("too large: %v", refused)
	}
}

// What is in a retry topic and did not come from loaderline has no source, and no share that can be used.
func TestARetryOfAStranger(t *testing.T) {
	t.Parallel()
	stranger := &kgo.Record{Topic: "retry", Offset: 7}
	for _, share := range []string{"", "0", "-0.5", "1.001", "NaN", "much"} {
		stranger.Headers = []kgo.RecordHeader{{Key: sink.HeaderRetryShare, Value: []byte(share)}}
		if got := envelope.RetryShare(stranger); got != 1 {
			t.Errorf("a share of %q is %v", share, got)
		}
	}
	if origin, _ := envelope.SourceOf(stranger); origin != stranger || !envelope.Due(stranger).IsZero() {
		t.Error("a record without coordinates does not stand for itself")
	}
}

func must(r *kgo.Record, _ *sink.Failure) *kgo.Record { return r }
