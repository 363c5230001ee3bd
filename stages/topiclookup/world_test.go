package topiclookup_test

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/logtest"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/topiclookup"
	"github.com/loaderline/loaderline/testenv"
)

const patience = time.Minute

// world is a cluster with a topic of two partitions.
type world struct {
	t      *testing.T
	broker string
	topic  string
	client *kgo.Client
	admin  *kadm.Client
	log    *logtest.Buffer
}

// onEach runs a test on the broker in this process, and on Kafka.
func onEach(t *testing.T, test func(w *world)) {
	t.Helper()
	t.Parallel()
	t.Run("kfake", func(t *testing.T) {
		t.Parallel()
		w, _ := onFake(t)
		test(w)
	})
	t.Run("kafka", func(t *testing.T) {
		t.Parallel()
		test(onKafka(t))
	})
}

func onFake(t *testing.T) (*world, *kfake.Cluster) {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	w := newWorld(t, cluster.ListenAddrs()[0], "users")
	w.create(2)
	return w, cluster
}

func onKafka(t *testing.T, configs ...string) *world {
	t.Helper()
	if len(configs) == 0 {
		configs = []string{"cleanup.policy=compact"}
	}
	return newWorld(t, testenv.Kafka(t), testenv.Topic(t, "users", 2, configs...))
}

func newWorld(t *testing.T, broker, topic string) *world {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(broker), kgo.RecordPartitioner(kgo.StickyKeyPartitioner(nil)),
		kgo.MetadataMinAge(50*time.Millisecond), kgo.UnknownTopicRetries(100))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	w := &world{t: t, broker: broker, topic: topic, client: client, admin: kadm.NewClient(client), log: &logtest.Buffer{}}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the table's log:\n%s", w.log)
		}
	})
	return w
}

func (w *world) create(partitions int32) {
	w.t.Helper()
	w.until("the topic is created", func() bool {
		_, err := w.admin.CreateTopic(w.t.Context(), partitions, 1, map[string]*string{"cleanup.policy": new("compact")}, w.topic)
		return err == nil
	})
}

// recreate deletes the topic, and creates it again.
func (w *world) recreate(partitions int32) {
	w.t.Helper()
	if _, err := w.admin.DeleteTopic(w.t.Context(), w.topic); err != nil {
		w.t.Fatal(err)
	}
	w.create(partitions)
	w.client.PurgeTopicsFromClient(w.topic)
}

// record is a record of the topic; without a value it is a tombstone.
func record(key, value string) *kgo.Record {
	r := &kgo.Record{Key: []byte(key)}
	if value != "" {
		r.Value = []byte(value)
	}
	return r
}

// publish sends records, in order.
func (w *world) publish(records ...*kgo.Record) {
	w.t.Helper()
	for _, r := range records {
		r.Topic = w.topic
	}
	w.until("the records are published", func() bool {
		err := w.client.ProduceSync(w.t.Context(), records...).FirstErr()
		if err != nil {
			w.client.ForceMetadataRefresh()
		}
		return err == nil
	})
}

// transact publishes records in a transaction, and ends it.
func (w *world) transact(how kgo.TransactionEndTry, records ...*kgo.Record) {
	w.t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(w.broker), kgo.TransactionalID(w.topic), kgo.RecordPartitioner(kgo.StickyKeyPartitioner(nil)))
	if err != nil {
		w.t.Fatal(err)
	}
	defer client.Close()
	for _, r := range records {
		r.Topic = w.topic
	}
	err = client.BeginTransaction()
	err = errors.Join(err, client.ProduceSync(w.t.Context(), records...).FirstErr())
	if err := errors.Join(err, client.EndTransaction(w.t.Context(), how)); err != nil {
		w.t.Fatal(err)
	}
}

// open opens a table of the topic. It ends with the test, or by the function that it gives.
func (w *world) open(cfg topiclookup.Config) (lookup.Client[topiclookup.Query], func()) {
	w.t.Helper()
	cfg.Kafka, cfg.Topic, cfg.Logger = consumer.Kafka{Brokers: []string{w.broker}}, w.topic, w.log.Logger(slog.LevelInfo)
	c, err := topiclookup.Open(w.t.Context(), cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	var closed atomic.Bool
	stop := func() {
		if closed.CompareAndSwap(false, true) {
			if err := c.Close(); err != nil {
				w.t.Error(err)
			}
		}
	}
	w.t.Cleanup(stop)
	return c, stop
}

// ready waits until a table is complete.
func (w *world) ready(c lookup.Client[topiclookup.Query]) {
	w.t.Helper()
	w.until("the table is complete", func() bool { return w.ping(c) == nil })
}

func (w *world) ping(c lookup.Client[topiclookup.Query]) error {
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	return c.Ping(ctx)
}

func (w *world) lookup(c lookup.Client[topiclookup.Query], q topiclookup.Query) lookup.Lookup {
	w.t.Helper()
	l, err := c.Lookup(w.t.Context(), q)
	if err != nil {
		w.t.Fatal(err)
	}
	return l
}

// rows is what a lookup has for keys that are text: their values, in order, with - for none.
func (w *world) rows(l lookup.Lookup, keys ...string) string {
	w.t.Helper()
	asked := make([]lookup.Key, len(keys))
	for i, key := range keys {
		var err error
		if asked[i], err = l.Key([]byte(`"` + key + `"`)); err != nil {
			w.t.Fatal(err)
		}
	}
	b := stages.NewBatch[lookup.Key, []byte](asked)
	if err := l.Load(w.t.Context(), b); err != nil {
		w.t.Fatal(err)
	}
	text := ""
	for i := range keys {
		if i > 0 {
			text += " "
		}
		switch r := b.Result(i); r.State {
		case stages.Loaded:
			text += string(r.Value)
		case stages.Missing:
			text += "-"
		default:
			text += r.Err.Error()
		}
	}
	return text
}

// sees waits until keys have rows.
func (w *world) sees(l lookup.Lookup, want string, keys ...string) {
	w.t.Helper()
	w.until("the rows are "+want, func() bool { return w.rows(l, keys...) == want })
}

// says waits until the log has a text.
func (w *world) says(text string) {
	w.t.Helper()
	w.until("the log says "+text, func() bool { return w.log.Count(text) > 0 })
}

func (w *world) until(what string, holds func() bool) {
	w.t.Helper()
	deadline := time.Now().Add(patience)
	for !holds() {
		if time.Now().After(deadline) {
			w.t.Fatalf("it never came to this: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// block closes the connection of each request of some kinds while it is away.
func block(cluster *kfake.Cluster, kinds ...kmsg.Key) (away *atomic.Bool, refused *atomic.Int64) {
	away, refused = &atomic.Bool{}, &atomic.Int64{}
	for _, kind := range kinds {
		cluster.ControlKey(kind.Int16(), func(kmsg.Request) (kmsg.Response, error, bool) {
			cluster.KeepControl()
			if !away.Load() {
				return nil, nil, false
			}
			refused.Add(1)
			return nil, errors.New("away"), true
		})
	}
	return away, refused
}
