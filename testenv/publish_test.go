package testenv_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/testenv"
)

func TestPublishKeepsOrderAndPartitionsAsJavaDoes(t *testing.T) {
	const count, partitions = 20_000, 4
	topic := testenv.Topic(t, "publish", partitions)
	config := testenv.PublishConfig{Kafka: testenv.Kafka(t), Topic: topic}
	events := slices.Collect(testenv.Events(testenv.EventsConfig{Count: count}))
	published, err := testenv.Publish(t.Context(), config, slices.Values(events))
	if err != nil || published.Records != count {
		t.Fatalf("%d published: %v", published.Records, err)
	}
	want := map[int][]string{}
	partitioner := kgo.StickyKeyPartitioner(nil).ForTopic(topic)
	for _, event := range events {
		p := partitioner.Partition(&kgo.Record{Key: event.Key}, partitions)
		want[p] = append(want[p], string(event.Value))
	}
	got := map[int][]string{}
	records, err := testenv.ReadAll(t.Context(), config.Kafka, topic)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		got[r.Partition] = append(got[r.Partition], string(r.Value))
	}
	for p := range partitions {
		if !slices.Equal(want[p], got[p]) {
			t.Errorf("partition %d has %d records, not the %d that are meant for it, in their order", p, len(got[p]), len(want[p]))
		}
	}
}

func TestPublishKeepsNullsAndHeaders(t *testing.T) {
	topic := testenv.Topic(t, "nulls", 1)
	config := testenv.PublishConfig{Kafka: testenv.Kafka(t), Topic: topic}
	events := []testenv.Event{
		{},
		{Key: []byte{}, Value: []byte{}},
		{Key: []byte("k"), Value: []byte("v"), Headers: []kafka.Header{{Key: "h", Value: []byte("x")}}},
	}
	if _, err := testenv.Publish(t.Context(), config, slices.Values(events)); err != nil {
		t.Fatal(err)
	}
	records, err := testenv.ReadAll(t.Context(), config.Kafka, topic)
	if err != nil || len(records) != len(events) {
		t.Fatalf("%d records: %v", len(records), err)
	}
	if r := records[0]; r.Key != nil || r.Value != nil {
		t.Errorf("null came back as %q, %q", r.Key, r.Value)
	}
	if r := records[1]; r.Key == nil || r.Value == nil || len(r.Key)+len(r.Value) != 0 {
		t.Errorf("nothing came back as %q, %q", r.Key, r.Value)
	}
	if value, ok := records[2].Header("h"); !ok || value != "x" {
		t.Errorf("the header is %q, %t", value, ok)
	}
}

func TestPublishAtARate(t *testing.T) {
	const count, rate = 500, 1000
	topic := testenv.Topic(t, "rate", 2)
	config := testenv.PublishConfig{Kafka: testenv.Kafka(t), Topic: topic, Rate: rate}
	published, err := testenv.Publish(t.Context(), config, testenv.Events(testenv.EventsConfig{Count: count}))
	if err != nil {
		t.Fatal(err)
	}
	if least := (count - 1) * time.Second / rate; published.Elapsed < least {
		t.Errorf("it took %s, less than %s", published.Elapsed, least)
	}
	records, err := testenv.ReadAll(t.Context(), config.Kafka, topic)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(records, func(a, b testenv.Record) int { return a.Time.Compare(b.Time) })
	// The timestamps are when the events were due, whenever they were sent.
	if span := records[len(records)-1].Time.Sub(records[0].Time); span.Round(10*time.Millisecond) != 500*time.Millisecond {
		t.Errorf("the timestamps span %s", span)
	}
}

// Neither shares a batch with others, which together would be more than the broker takes.
func TestPublishSendsLargeRecordsAlone(t *testing.T) {
	topic := testenv.Topic(t, "large", 1)
	config := testenv.PublishConfig{Kafka: testenv.Kafka(t), Topic: topic}
	large := testenv.Event{Value: make([]byte, 1_000_000)}
	small := testenv.Event{Value: make([]byte, 400_000)}
	events := []testenv.Event{small, large, large, small, small}
	if _, err := testenv.Publish(t.Context(), config, slices.Values(events)); err != nil {
		t.Fatal(err)
	}
	records, err := testenv.ReadAll(t.Context(), config.Kafka, topic)
	if err != nil || len(records) != len(events) {
		t.Fatalf("%d records: %v", len(records), err)
	}
	for i, r := range records {
		if len(r.Value) != len(events[i].Value) {
			t.Errorf("record %d has %d bytes", i, len(r.Value))
		}
	}
}

func TestPublishSaysWhatWasRefused(t *testing.T) {
	topic := testenv.Topic(t, "small", 1, "max.message.bytes=1000")
	config := testenv.PublishConfig{Kafka: testenv.Kafka(t), Topic: topic}
	_, err := testenv.Publish(t.Context(), config, slices.Values([]testenv.Event{{Value: make([]byte, 2000)}}))
	if !errors.Is(err, kafka.MessageSizeTooLarge) {
		t.Errorf("the error is %v", err)
	}
	config.Topic = "nowhere"
	if _, err := testenv.Publish(t.Context(), config, slices.Values([]testenv.Event{{}})); !errors.Is(err, kafka.UnknownTopicOrPartition) {
		t.Errorf("the error is %v", err)
	}
}
