package envelope_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/envelope"
	"github.com/loaderline/loaderline/sink"
)

// Only the enriched record lacks the headers of the input that it is not to have; the record's own one of the same name stays.
func TestDropHeader(t *testing.T) {
	b := envelope.New(envelope.Config{
		Config: sink.Config{
			Topic: "out", DeadLetterTopic: "dead", DropHeader: func(name string) bool { return name == "schema" || name == "encoding" },
		},
		MaxMessageBytes: atMost, Now: func() time.Time { return died },
	}).Batch(2)
	src := source()
	src.Headers = append([]kgo.RecordHeader{{Key: "schema", Value: []byte("7")}, {Key: "encoding"}}, src.Headers...)
	out, failure := b.Enriched(src, kgo.Record{Value: []byte("x"), Headers: []kgo.RecordHeader{{Key: "schema", Value: []byte("9")}}})
	if failure != nil {
		t.Fatal(failure)
	}
	want := []string{"trace=1", "trace=", "loaderline.redrives=2", "schema=9"}
	if diff := cmp.Diff(want, texts(out.Headers)[:len(want)]); diff != "" {
		t.Error(diff)
	}
	dead := b.DeadLetter(src, sink.Failure{Kind: sink.KindDecode})
	if got := texts(dead.Headers); !slices.Contains(got, "schema=7") || !slices.Contains(got, "encoding=") {
		t.Errorf("the dead letter has %q", got)
	}
}
