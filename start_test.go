package loaderline_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/kafkaadmin"
	"github.com/loaderline/loaderline/sink"
	"github.com/loaderline/loaderline/stages"
)

func TestAPipelineThatCannotSucceedStops(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	b.publish(events(10)...)
	fatal := stages.MapSource(func(context.Context, []int) (map[int]int, error) {
		return nil, stages.WithClass(errors.New("no such table"), stages.Fatal)
	})
	p, err := loaderline.New(numbers(b, fatal))
	if err != nil {
		t.Fatal(err)
	}
	err = p.Run(t.Context())
	if !errors.Is(err, stages.ErrFatal) {
		t.Errorf("%v", err)
	}
	if n := b.committed() + b.size("out") + b.size("dead"); n != 0 {
		t.Errorf("%d offsets moved", n)
	}
}

func TestAMissingTopicIsSaidBeforeTheFirstEvent(t *testing.T) {
	t.Parallel()
	for name, sinks := range map[string]sink.Config{
		"dead letters":       {Topic: "out", DeadLetterTopic: "nowhere"},
		"output":             {Topic: "nowhere", DeadLetterTopic: "dead"},
		"another output":     {Topic: "out", Topics: []string{"nowhere"}, DeadLetterTopic: "dead"},
		"the second of them": {Topic: "out", Topics: []string{"out", "nowhere"}, DeadLetterTopic: "dead"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := numbers(newBroker(t), doubles)
			cfg.Sink = sinks
			p, err := loaderline.New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Run(t.Context()); !errors.Is(err, consumer.ErrTopicMissing) || !strings.Contains(err.Error(), "nowhere") {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestTooFewPartitionsAreSaidBeforeTheFirstEvent(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	if err := kafkaadmin.CreateTopics(t.Context(), consumer.Kafka{Brokers: b.cluster.ListenAddrs()}, kafkaadmin.TopicSpec{Name: "narrow", Partitions: 3}); err != nil {
		t.Fatal(err)
	}
	for _, sinks := range []sink.Config{{Topic: "narrow"}, {Topic: "out", Topics: []string{"narrow"}}} {
		cfg := numbers(b, doubles)
		cfg.Sink.Topic, cfg.Sink.Topics, cfg.Sink.Partition = sinks.Topic, sinks.Topics, sink.BySource
		p, err := loaderline.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		err = p.Run(t.Context())
		few, ok := errors.AsType[*kafkaadmin.PartitionsError](err)
		if !ok {
			t.Fatal(err)
		}
		if diff := cmp.Diff(&kafkaadmin.PartitionsError{Input: "in", Output: "narrow", InputPartitions: 4, OutputPartitions: 3}, few); diff != "" {
			t.Error(diff)
		}
	}
}

func TestNewRefusesTopicsThatHaveOtherRecords(t *testing.T) {
	t.Parallel()
	cfg := numbers(newBroker(t), doubles)
	cfg.Sink.Topics = []string{"", "dead", "retry"}
	cfg.Retry.Topics = []loaderline.RetryTopic{{Topic: "retry", Delay: time.Second}}
	_, err := loaderline.New(cfg)
	for _, want := range []string{`Sink.Topics[0] is topic ""`, `Sink.Topics[1] is topic "dead"`, `Retry.Topics[0] is topic "retry"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is not in %v", want, err)
		}
	}
}

func TestNewReportsAllProblems(t *testing.T) {
	t.Parallel()
	_, err := loaderline.New(loaderline.Config[int]{
		Workers: -1, MaxOutputBytes: -1,
		Consumer: consumer.Config{MaxRecords: -1, Kafka: consumer.Kafka{SASL: consumer.SASL{Mechanism: "MD5"}}},
	})
	for _, want := range []string{"Consumer", "Group", "Topics", "MaxRecords", "MD5", "MaxOutputBytes", "Sink.Topic", "Sink.DeadLetterTopic", "Decode", "Plan", "Encode", "Workers"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is not in %v", want, err)
		}
	}
}
