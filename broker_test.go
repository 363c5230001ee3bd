package loaderline_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/sink"
)

// broker is an in-process cluster with the topics in, out and dead.
type broker struct {
	t       *testing.T
	cluster *kfake.Cluster
	client  *kgo.Client
}

func newBroker(t *testing.T, opts ...kfake.Opt) *broker {
	t.Helper()
	opts = append([]kfake.Opt{kfake.NumBrokers(1), kfake.SeedTopics(4, "in", "out", "dead")}, opts...)
	cluster, err := kfake.NewCluster(opts...)
	if err != nil {
		t.Fatal(err)
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		client.Close()
		cluster.Close()
	})
	return &broker{t: t, cluster: cluster, client: client}
}

func (b *broker) publish(records ...*kgo.Record) {
	b.t.Helper()
	for _, r := range records {
		r.Topic = "in"
	}
	if err := b.client.ProduceSync(b.t.Context(), records...).FirstErr(); err != nil {
		b.t.Fatal(err)
	}
}

// read gives the first n records of a topic that a read_committed consumer sees, and fails when they do not come.
func (b *broker) read(topic string, n int) []*kgo.Record {
	b.t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(b.cluster.ListenAddrs()...), kgo.ConsumeTopics(topic),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.FetchMaxWait(50*time.Millisecond))
	if err != nil {
		b.t.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(b.t.Context(), 30*time.Second)
	defer cancel()
	var got []*kgo.Record
	for len(got) < n {
		fetches := client.PollFetches(ctx)
		if ctx.Err() != nil {
			b.t.Fatalf("%d of %d records of %s came", len(got), n, topic)
		}
		got = append(got, fetches.Records()...)
	}
	return got
}

// committed is the sum of the group's offsets.
func (b *broker) committed() int64 {
	b.t.Helper()
	offsets, err := kadm.NewClient(b.client).FetchOffsets(b.t.Context(), "g")
	if err != nil && !errors.Is(err, kerr.GroupIDNotFound) {
		b.t.Fatal(err)
	}
	sum := int64(0)
	offsets.Each(func(o kadm.OffsetResponse) { sum += max(o.At, 0) })
	return sum
}

// size is the number of offsets of a topic, transaction markers included.
func (b *broker) size(topic string) int64 {
	b.t.Helper()
	ends, err := kadm.NewClient(b.client).ListEndOffsets(b.t.Context(), topic)
	if err != nil {
		b.t.Fatal(err)
	}
	sum := int64(0)
	ends.Each(func(o kadm.ListedOffset) { sum += o.Offset })
	return sum
}

// refuse returns an error to every produce request that has a bad batch, for everything in the request.
func (b *broker) refuse(bad func(batch []byte) bool, reason *kerr.Error) {
	b.cluster.ControlKey(int16(kmsg.Produce), func(request kmsg.Request) (kmsg.Response, error, bool) {
		b.cluster.KeepControl()
		req, ok := request.(*kmsg.ProduceRequest)
		if !ok {
			return nil, nil, false
		}
		resp, _ := req.ResponseKind().(*kmsg.ProduceResponse)
		refused := false
		for _, t := range req.Topics {
			answer := kmsg.ProduceResponseTopic{Topic: t.Topic, TopicID: t.TopicID}
			for _, p := range t.Partitions {
				refused = refused || bad(p.Records)
				answer.Partitions = append(answer.Partitions, kmsg.ProduceResponseTopicPartition{Partition: p.Partition, ErrorCode: reason.Code})
			}
			resp.Topics = append(resp.Topics, answer)
		}
		return resp, nil, refused
	})
}

// setLimit sets a topic's max.message.bytes.
func (b *broker) setLimit(topic string, limit int) {
	b.t.Helper()
	value := strconv.Itoa(limit)
	answers, err := kadm.NewClient(b.client).AlterTopicConfigs(b.t.Context(), []kadm.AlterConfig{{Op: kadm.SetConfig, Name: "max.message.bytes", Value: &value}}, topic)
	if err != nil || answers[0].Err != nil {
		b.t.Fatal(err, answers)
	}
}

// waitFor waits until the group has committed so many records.
func (b *broker) waitFor(records int64) {
	b.t.Helper()
	for end := time.Now().Add(2 * time.Minute); b.committed() < records; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			b.t.Fatalf("%d of %d records are committed", b.committed(), records)
		}
	}
}

// config is a pipeline over the broker; the test sets what it decodes, loads and encodes.
func config[E any](b *broker) loaderline.Config[E] {
	return loaderline.Config[E]{
		Consumer: consumer.Config{
			Kafka: consumer.Kafka{Brokers: b.cluster.ListenAddrs()},
			Group: "g", Topics: []string{"in"}, Instance: "test",
		},
		Sink:    sink.Config{Topic: "out", DeadLetterTopic: "dead"},
		Workers: 2,
	}
}

// start runs a pipeline and gives what stops it and waits for its end.
func start[E any](t *testing.T, cfg loaderline.Config[E]) (stop func() error) {
	t.Helper()
	_, stop = startPipeline(t, cfg)
	return stop
}

// startPipeline is start for who looks at the pipeline.
func startPipeline[E any](t *testing.T, cfg loaderline.Config[E]) (p *loaderline.Pipeline[E], stop func() error) {
	t.Helper()
	p, err := loaderline.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p, started(t, p)
}

// started runs a pipeline and gives what stops it and waits for its end.
func started[E any](t *testing.T, p *loaderline.Pipeline[E]) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	return func() error {
		cancel()
		select {
		case err := <-ended:
			return err
		case <-time.After(30 * time.Second):
			return fmt.Errorf("the pipeline does not end")
		}
	}
}

// inputOf says where the input record of a published record is, as partition:offset.
func inputOf(r *kgo.Record) string {
	if short := strings.Split(header(r, "loaderline.source"), "/"); len(short) == 3 {
		return short[1] + ":" + short[2]
	}
	return header(r, "loaderline.source.partition") + ":" + header(r, "loaderline.source.offset")
}

func header(r *kgo.Record, key string) string {
	for _, h := range r.Headers {
		if h.Key == key {
			return string(h.Value)
		}
	}
	return ""
}
