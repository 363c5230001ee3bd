package topiclookup_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/topiclookup"
	"github.com/loaderline/loaderline/testenv"
)

// BenchmarkMillion reads a topic with a million keys on Kafka, into memory and onto disk, and again from disk.
func BenchmarkMillion(b *testing.B) {
	const keys = 1_000_000
	broker, topic := testenv.Kafka(b), testenv.Topic(b, "million", 4, "cleanup.policy=compact")
	client, err := kgo.NewClient(kgo.SeedBrokers(broker), kgo.DefaultProduceTopic(topic), kgo.MaxBufferedRecords(100_000))
	if err != nil {
		b.Fatal(err)
	}
	for i := range keys {
		r := record(fmt.Sprintf("user-%07d", i), fmt.Sprintf(`{"id":%d,"name":"User number %d","tier":"gold","city":"Trondheim"}`, i, i))
		client.Produce(b.Context(), r, nil)
	}
	if err := client.Flush(b.Context()); err != nil {
		b.Fatal(err)
	}
	client.Close()
	open := func(b *testing.B, dir string) lookup.Client[topiclookup.Query] {
		b.Helper()
		c, err := topiclookup.Open(b.Context(), topiclookup.Config{Kafka: consumer.Kafka{Brokers: []string{broker}}, Topic: topic, Dir: dir})
		if err != nil {
			b.Fatal(err)
		}
		if err := c.Ping(b.Context()); err != nil {
			b.Fatal(err)
		}
		return c
	}
	closed := func(b *testing.B, c lookup.Client[topiclookup.Query]) {
		b.Helper()
		if err := c.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("memory", func(b *testing.B) {
		for b.Loop() {
			closed(b, open(b, ""))
		}
	})
	dir := b.TempDir()
	began := time.Now()
	closed(b, open(b, dir))
	b.Logf("onto disk in %v", time.Since(began))
	b.Run("restart", func(b *testing.B) {
		for b.Loop() {
			closed(b, open(b, dir))
		}
	})
}
