package envelope_test

import (
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/envelope"
	"github.com/loaderline/loaderline/sink"
)

func ExampleBatch() {
	s := envelope.New(envelope.Config{
		Config: sink.Config{Topic: "orders-enriched", DeadLetterTopic: "orders-dead"}, Pipeline: "orders",
		MaxMessageBytes: atMost,
	})
	batch := s.Batch(2)

	good := &kgo.Record{Topic: "orders", Offset: 1, Key: []byte("a"), Value: []byte(`{"id":1}`)}
	enriched, failure := batch.Enriched(good, kgo.Record{Value: []byte(`{"event":{"id":1}}`)})
	if failure != nil {
		fmt.Println(failure)
		return
	}
	fmt.Println(enriched.Topic, string(enriched.Key), string(enriched.Value))

	bad := &kgo.Record{Topic: "orders", Offset: 2, Key: []byte("b"), Value: []byte(`{`)}
	dead := batch.DeadLetter(bad, sink.Failure{Kind: sink.KindDecode, Message: "not JSON"})
	fmt.Println(dead.Topic, string(dead.Key), string(dead.Value))
	for _, h := range dead.Headers {
		if h.Key == sink.HeaderSourceOffset || h.Key == sink.HeaderErrorKind {
			fmt.Println(h.Key, string(h.Value))
		}
	}
	// Output:
	// orders-enriched a {"event":{"id":1}}
	// orders-dead b {
	// loaderline.source.offset 2
	// loaderline.error.kind decode
}
