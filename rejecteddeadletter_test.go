package loaderline_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/loaderline/loaderline"
)

// A dead letter that is refused has nowhere else to go.
func TestARefusedDeadLetterStops(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	b.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: "dead", Err: kerr.InvalidRecord, Count: -1})
	b.publish(&kgo.Record{Value: []byte("not a number")})
	p, err := loaderline.New(numbers(b, doubles))
	if err != nil {
		t.Fatal(err)
	}
	err = p.Run(t.Context())
	if !errors.Is(err, kerr.InvalidRecord) || !strings.Contains(err.Error(), "the dead letter of topic in partition") {
		t.Errorf("%v", err)
	}
	if n := b.committed(); n != 0 {
		t.Errorf("%d records are committed", n)
	}
}

// The dead-letter topic's limit is lowered: dead letters go without what does not fit.
func TestADeadLetterKeepsToALoweredLimit(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	stop := start(t, uncompressed(numbers(b, doubles)))
	b.publish(&kgo.Record{Value: []byte("1")})
	b.waitFor(1)
	b.setLimit("dead", 5000)
	b.publish(&kgo.Record{Key: []byte("large"), Value: append([]byte("x"), noise(1, 50_000)...)})
	b.waitFor(2)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	dead := b.read("dead", 1)[0]
	if string(dead.Key) != "large" || dead.Value != nil || !strings.Contains(header(dead, "loaderline.error.message"), "left out") {
		t.Errorf("key %s, %d bytes, headers %v", dead.Key, len(dead.Value), dead.Headers)
	}
}

// A dead letter that its topic has no room for, whatever is left out, has nowhere else to go.
func TestADeadLetterThatCannotFitStops(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	p, err := loaderline.New(uncompressed(numbers(b, doubles)))
	if err != nil {
		t.Fatal(err)
	}
	b.publish(&kgo.Record{Value: []byte("1")})
	ended := make(chan error, 1)
	go func() { ended <- p.Run(t.Context()) }()
	b.waitFor(1)
	b.setLimit("dead", 200)
	b.publish(&kgo.Record{Value: []byte("not a number")})
	if err := <-ended; !errors.Is(err, kerr.MessageTooLarge) || !strings.Contains(err.Error(), "the dead letter of topic in partition") {
		t.Errorf("%v", err)
	}
}
