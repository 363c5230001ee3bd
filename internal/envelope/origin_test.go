package envelope_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/sink"
)

// TestOriginStays follows a redriven record into what it becomes and into its next dead letter.
func TestOriginStays(t *testing.T) {
	src := source()
	src.Headers = []kgo.RecordHeader{
		{Key: sink.HeaderOriginTopic, Value: []byte("in")},
		{Key: sink.HeaderOriginPartition, Value: []byte("1")},
		{Key: sink.HeaderOriginOffset, Value: []byte("7")},
		{Key: sink.HeaderOriginOffset, Value: []byte("8")},
		{Key: sink.HeaderOriginTimestamp, Value: []byte("1600000000000")},
		{Key: sink.HeaderRedrives, Value: []byte("1")},
		{Key: sink.HeaderErrorKind, Value: []byte("key")},
	}
	origin := []string{"loaderline.origin.topic=in", "loaderline.origin.partition=1", "loaderline.origin.offset=7", "loaderline.origin.timestamp=1600000000000"}
	enriched, failure := newEnvelope(1<<20).Batch(1).Enriched(src, kgo.Record{})
	if failure != nil {
		t.Fatal(failure)
	}
	if diff := cmp.Diff(append(origin, "loaderline.redrives=1"), texts(enriched.Headers)[:5]); diff != "" {
		t.Errorf("enriched (-want +got):\n%s", diff)
	}
	byKey(t, enriched.Headers)
	dead := newEnvelope(1<<20).Batch(1).DeadLetter(src, sink.Failure{Kind: sink.KindLookup})
	if diff := cmp.Diff(origin, texts(dead.Headers)[:4]); diff != "" {
		t.Errorf("dead letter (-want +got):\n%s", diff)
	}
	if got := byKey(t, dead.Headers); got[sink.HeaderRedrives] != "1" || got[sink.HeaderErrorKind] != "lookup" || got[sink.HeaderSourceOffset] != "42" {
		t.Errorf("dead letter %v", got)
	}
}

// TestForgedOrigin holds that a header from outside cannot make a dead letter too large for its topic.
func TestForgedOrigin(t *testing.T) {
	src := source()
	src.Headers = []kgo.RecordHeader{{Key: sink.HeaderOriginTopic, Value: []byte(strings.Repeat("x", 250))}}
	dead := newEnvelope(1<<20).Batch(1).DeadLetter(src, sink.Failure{Kind: sink.KindLookup})
	if _, there := byKey(t, dead.Headers)[sink.HeaderOriginTopic]; there {
		t.Error("a topic's name of 250 bytes was believed")
	}
}
