package loaderline_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/replay"
	"github.com/loaderline/loaderline/stages"
)

// partition publishes n events to a partition of in.
func (b *broker) partition(number int32, n int) {
	b.t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(b.cluster.ListenAddrs()...), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		b.t.Fatal(err)
	}
	defer client.Close()
	all := events(n)
	for _, r := range all {
		r.Topic, r.Partition = "in", number
	}
	if err := client.ProduceSync(b.t.Context(), all...).FirstErr(); err != nil {
		b.t.Fatal(err)
	}
}

func ranges(partitions map[int32]replay.Range) map[string]map[int32]replay.Range {
	return map[string]map[int32]replay.Range{"in": partitions}
}

// runReplay runs a replay in its own pipeline.
func runReplay[E any](t *testing.T, cfg loaderline.Config[E], r replay.Config) (replay.Status, error) {
	t.Helper()
	p, err := loaderline.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	status, err := p.Replay(ctx, r)
	if ctx.Err() != nil {
		t.Fatal("the replay does not end")
	}
	return status, err
}

// plain is a pipeline that makes a record of every event, for a topic that is not there unless it is published to another.
func plain(b *broker) loaderline.Config[int] {
	cfg := numbers(b, doubles)
	cfg.Encode = func(row stages.Row[int]) ([]loaderline.Record, error) {
		return []loaderline.Record{{Topic: "elsewhere", Value: []byte(strconv.Itoa(row.Event()))}}, nil
	}
	return cfg
}

// sources counts the records of a topic by where they came from.
func (b *broker) sources(topic string, n int) map[string]int {
	seen := map[string]int{}
	for _, r := range b.read(topic, n) {
		seen[inputOf(r)]++
	}
	return seen
}

func wanted(partitions map[int32]replay.Range) map[string]int {
	want := map[string]int{}
	for p, of := range partitions {
		for o := of.From; o < of.To; o++ {
			want[strconv.Itoa(int(p))+":"+strconv.FormatInt(o, 10)] = 1
		}
	}
	return want
}

func (b *broker) createTopics(topics ...string) {
	b.t.Helper()
	if _, err := kadm.NewClient(b.client).CreateTopics(b.t.Context(), 2, 1, nil, topics...); err != nil {
		b.t.Fatal(err)
	}
}

func (b *broker) transact(end kgo.TransactionEndTry, records ...*kgo.Record) {
	b.t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(b.cluster.ListenAddrs()...), kgo.TransactionalID("other"), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		b.t.Fatal(err)
	}
	defer client.Close()
	if err := client.BeginTransaction(); err != nil {
		b.t.Fatal(err)
	}
	if err := client.ProduceSync(b.t.Context(), records...).FirstErr(); err != nil {
		b.t.Fatal(err)
	}
	if err := client.EndTransaction(b.t.Context(), end); err != nil {
		b.t.Fatal(err)
	}
}
