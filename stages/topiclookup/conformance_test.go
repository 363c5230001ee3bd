package topiclookup_test

import (
	"log/slog"
	"net"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/logtest"
	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/lookuptest"
	"github.com/loaderline/loaderline/stages/topiclookup"
	"github.com/loaderline/loaderline/testenv"
)

func TestConforms(t *testing.T) {
	t.Parallel()
	for name, onDisk := range map[string]bool{"memory": false, "disk": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lookuptest.Run(t, harness(onDisk))
		})
	}
}

// harness fills topics of Kafka with worlds. Keys are JSON.
func harness(onDisk bool) lookuptest.Harness {
	return lookuptest.Harness{
		OneRow:   true,
		KeyTypes: []string{"any", "smallint", "integer", "bigint", "numeric", "text", "citext", "char", "uuid", "boolean", "timestamptz", "timestamp", "date"},
		New: func(tb testing.TB, w lookuptest.World) lookupext.Source {
			tb.Helper()
			topic := testenv.Topic(tb, "conforms", 3, "cleanup.policy=compact", "max.message.bytes=20000000")
			fill(tb, topic, w)
			cfg := topiclookup.Config{Kafka: consumer.Kafka{Brokers: []string{testenv.Kafka(tb)}}, Topic: topic, KeyType: []string{w.KeyType}, Decode: jsonKeys}
			if onDisk {
				cfg.Dir = tb.TempDir()
			}
			return prepare(tb, cfg, w.Many)
		},
		Slow: func(tb testing.TB) lookupext.Source {
			tb.Helper()
			return prepare(tb, topiclookup.Config{Kafka: consumer.Kafka{Brokers: []string{silent(tb)}}, Topic: "users"}, false)
		},
	}
}

func jsonKeys(r *kgo.Record) (key [][]byte, row []byte, err error) {
	return [][]byte{r.Key}, r.Value, nil
}

func prepare(tb testing.TB, cfg topiclookup.Config, many bool) lookupext.Source {
	tb.Helper()
	log := &logtest.Buffer{}
	cfg.Logger = log.Logger(slog.LevelInfo)
	c, err := topiclookup.Open(tb.Context(), cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := c.Close(); err != nil {
			tb.Error(err)
		}
		if tb.Failed() {
			tb.Log(log)
		}
	})
	l, err := c.Lookup(tb.Context(), topiclookup.Query{Many: many})
	if err != nil {
		tb.Fatal(err)
	}
	if cfg.Topic != "users" {
		if err := c.Ping(tb.Context()); err != nil {
			tb.Fatal(err)
		}
	}
	return l
}

// fill publishes the rows of a world, and before them others of the same keys. The values have white space.
func fill(tb testing.TB, topic string, w lookuptest.World) {
	tb.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(testenv.Kafka(tb)), kgo.DefaultProduceTopic(topic), kgo.ProducerBatchMaxBytes(16<<20))
	if err != nil {
		tb.Fatal(err)
	}
	defer client.Close()
	rows := map[lookup.Key][]string{}
	for _, r := range w.Rows {
		rows[r.Key] = append(rows[r.Key], r.Value())
	}
	var records []*kgo.Record
	for key, values := range rows {
		value := " " + values[0] + "\n"
		if w.Many {
			value = "[ " + strings.Join(values, " , ") + " ]"
		}
		records = append(records, &kgo.Record{Key: []byte(key), Value: []byte(`"before"`)}, &kgo.Record{Key: []byte(key), Value: []byte(value)})
	}
	if err := client.ProduceSync(tb.Context(), records...).FirstErr(); err != nil {
		tb.Fatal(err)
	}
}

// silent is the address of a server that takes connections and never answers.
func silent(tb testing.TB) string {
	tb.Helper()
	listener, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = listener.Close() })
	return listener.Addr().String()
}
