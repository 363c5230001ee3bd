package counterpart_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/devregistry"
	"github.com/loaderline/loaderline/internal/format/schemaid"
	"github.com/loaderline/loaderline/internal/registry"
	"github.com/loaderline/loaderline/testenv"
	"github.com/loaderline/loaderline/testenv/counterpart"
)

// world is a broker and a registry, as one test uses them.
type world struct {
	broker, url string
	client      *registry.Client
}

func newWorld(t *testing.T) world {
	t.Helper()
	testenv.NeedServices(t)
	return over(t, testenv.Registry(t))
}

// over is a world with the registry of a URL.
func over(t *testing.T, url string) world {
	t.Helper()
	client, err := registry.Open(registry.Config{URLs: []string{url}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return world{broker: testenv.Kafka(t), url: url, client: client}
}

// newGUIDWorld is a world whose registry has GUIDs, as Confluent's has and Apicurio's has not.
func newGUIDWorld(t *testing.T) world {
	t.Helper()
	r, err := devregistry.Start(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return over(t, r.URL())
}

// program is a counterpart, as the tests of a world use it.
type program struct {
	*counterpart.Program

	registry string
}

func (w world) python(t *testing.T) program {
	t.Helper()
	return program{started(t, "Python", counterpart.StartPython), w.url}
}

func (w world) java(t *testing.T) program {
	t.Helper()
	return program{started(t, "Java", counterpart.StartJava), w.url}
}

// run does a command that has to succeed. Each of its values has a result, if it returns any.
func (p program) run(t *testing.T, c counterpart.Command) []json.RawMessage {
	t.Helper()
	c.Registry = p.registry
	results, err := p.Run(c)
	if err != nil {
		t.Fatal(err)
	}
	if want := max(c.Count, len(c.Values)); c.Do != "write" && len(results) != want {
		t.Fatalf("%s returned %d values, want %d", c.Do, len(results), want)
	}
	return results
}

// register registers a schema for the values of a topic.
func (w world) register(t *testing.T, topic string, s *registry.Schema) schemaid.ID {
	t.Helper()
	registered, err := w.client.Register(t.Context(), topic+"-value", s, false)
	if err != nil {
		t.Fatal(err)
	}
	return registered.ID
}

// identify returns what names the newest schema of a topic: a prefix, or a header with its GUID.
func (w world) identify(t *testing.T, topic string, inHeader bool) (prefix []byte, headers []kgo.RecordHeader) {
	t.Helper()
	latest, err := w.client.Latest(t.Context(), topic+"-value")
	if err != nil {
		t.Fatal(err)
	}
	if !inHeader {
		if prefix, err = schemaid.AppendPrefix(nil, latest.ID); err != nil {
			t.Fatal(err)
		}
		return prefix, nil
	}
	header, err := schemaid.AppendHeader(nil, latest.GUID)
	if err != nil {
		t.Fatal(err)
	}
	return nil, []kgo.RecordHeader{{Key: schemaid.HeaderName(schemaid.Value), Value: header}}
}

// read returns the first records of a topic.
func (w world) read(t *testing.T, topic string, count int) []*kgo.Record {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(w.broker), kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var records []*kgo.Record
	for len(records) < count {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			t.Fatalf("after %d of %d records: %v", len(records), count, err)
		}
		records = append(records, fetches.Records()...)
	}
	return records
}

// write writes records to a topic.
func (w world) write(t *testing.T, topic string, records []*kgo.Record) {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(w.broker), kgo.DefaultProduceTopic(topic))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
		t.Fatal(err)
	}
}
