package testenv_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/segmentio/kafka-go"

	"github.com/loaderline/loaderline/testenv"
)

func TestTopicGrowsAndBeginsAnew(t *testing.T) {
	ctx, broker := t.Context(), testenv.Kafka(t)
	topic := testenv.Topic(t, "anew", 2)
	publish := func(first int) {
		t.Helper()
		events := testenv.Events(testenv.EventsConfig{Count: 200, First: first})
		if _, err := testenv.Publish(ctx, testenv.PublishConfig{Kafka: broker, Topic: topic}, events); err != nil {
			t.Fatal(err)
		}
	}
	publish(0)
	if err := testenv.AddPartitions(ctx, broker, topic, 4); err != nil {
		t.Fatal(err)
	}
	publish(200)
	records, err := testenv.ReadAll(ctx, broker, topic)
	if err != nil || len(records) != 400 || records[len(records)-1].Partition != 3 {
		t.Fatalf("%d records are in the partitions, want 400 in four: %v", len(records), err)
	}
	if ends, err := testenv.Ends(ctx, broker, topic); err != nil || ends != 400 {
		t.Errorf("the ends are %d, want 400: %v", ends, err)
	}
	if sum, all, err := testenv.Committed(ctx, broker, topic+"-nobody", topic); err != nil || sum != 0 || all {
		t.Errorf("a group that is not there has committed %d, all %v: %v", sum, all, err)
	}
	if err := testenv.RecreateTopic(ctx, broker, topic, 2); err != nil {
		t.Fatal(err)
	}
	if records, err := testenv.ReadAll(ctx, broker, topic); err != nil || len(records) != 0 {
		t.Errorf("a new topic has %d records: %v", len(records), err)
	}
}

func TestCheckerBeginsAtTheEnds(t *testing.T) {
	ctx, broker := t.Context(), testenv.Kafka(t)
	input, output := testenv.Topic(t, "input", 1), testenv.Topic(t, "output", 1)
	event := testenv.NewEvent(1, 1)
	outcome := testenv.Event{
		Key: event.Key, Value: fmt.Appendf(nil, `{"event":%s}`, event.Value), Headers: []kafka.Header{
			{Key: "loaderline.source.partition", Value: []byte("0")}, {Key: "loaderline.source.offset", Value: []byte("0")},
		},
	}
	send := func(topic string, event testenv.Event) {
		t.Helper()
		_, err := testenv.Publish(ctx, testenv.PublishConfig{Kafka: broker, Topic: topic}, slices.Values([]testenv.Event{event}))
		if err != nil {
			t.Fatal(err)
		}
	}
	send(output, outcome) // Of the input before this one.
	checker, err := testenv.NewChecker(ctx, testenv.CheckerConfig{Kafka: broker, Input: input, Output: output, FromEnds: true})
	if err != nil {
		t.Fatal(err)
	}
	defer checker.Close() //nolint:errcheck // The report says what it has read.
	send(input, event)
	send(output, outcome)
	report, err := checker.Check(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if report.Inputs != 1 || report.Enriched != 1 || report.Lost.Count+report.Duplicates.Count != 0 {
		t.Errorf("the report is %+v", report)
	}
}
