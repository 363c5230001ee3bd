package invalidation_test

import (
	"context"
	"encoding/base64"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/invalidation"
	"github.com/loaderline/loaderline/internal/logtest"
	"github.com/loaderline/loaderline/testenv"
)

const patience = time.Minute

// world is a cluster with a change topic of two partitions.
type world struct {
	t      *testing.T
	broker string
	topic  string
	client *kgo.Client
	admin  *kadm.Client
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
		test(newWorld(t, testenv.Kafka(t), testenv.Topic(t, "changes", 2)))
	})
}

// onFake is a world on the broker in this process.
func onFake(t *testing.T) (*world, *kfake.Cluster) {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	w := newWorld(t, cluster.ListenAddrs()[0], "changes")
	w.create(2)
	return w, cluster
}

func newWorld(t *testing.T, broker, topic string) *world {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(broker), kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.MetadataMinAge(50*time.Millisecond), kgo.UnknownTopicRetries(100))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return &world{t: t, broker: broker, topic: topic, client: client, admin: kadm.NewClient(client)}
}

func (w *world) create(partitions int32) {
	w.t.Helper()
	w.until("the topic is created", func() bool {
		_, err := w.admin.CreateTopic(w.t.Context(), partitions, 1, nil, w.topic)
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

// topicID is the topic's own, as positions have it.
func (w *world) topicID() string {
	w.t.Helper()
	var id kadm.TopicID
	w.until("the topic has an ID", func() bool {
		details, err := w.admin.ListTopics(w.t.Context(), w.topic)
		id = details[w.topic].ID
		return err == nil && id != kadm.TopicID{}
	})
	return base64.RawURLEncoding.EncodeToString(id[:])
}

// publish sends values to a partition.
func (w *world) publish(partition int32, values ...string) {
	w.t.Helper()
	for _, v := range values {
		w.until("a record is published", func() bool {
			err := w.client.ProduceSync(w.t.Context(), &kgo.Record{Topic: w.topic, Partition: partition, Value: []byte(v)}).FirstErr()
			if err != nil {
				w.client.ForceMetadataRefresh() // Of itself it would not look for a partition that was added.
			}
			return err == nil
		})
	}
}

// trim deletes the records before an offset, as retention does.
func (w *world) trim(partition int32, before int64) {
	w.t.Helper()
	offsets := kadm.Offsets{}
	offsets.AddOffset(w.topic, partition, before, -1)
	responses, err := w.admin.DeleteRecords(w.t.Context(), offsets)
	if err := errors.Join(err, responses.Error()); err != nil {
		w.t.Fatal(err)
	}
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

// handler notes what it is told. While it is held, it does not come back from Apply.
type handler struct {
	topic string
	held  chan struct{} // nil: not held

	mu    sync.Mutex
	seen  []string // values, and lost
	fails int      // how many more calls of Apply fail
}

func (h *handler) Topics() []string { return []string{h.topic} }

func (h *handler) Apply(ctx context.Context, records []*kgo.Record) error {
	if h.held != nil {
		select {
		case <-h.held:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.fails > 0 {
		h.fails--
		return errors.New("the registry is away")
	}
	for _, r := range records {
		h.seen = append(h.seen, string(r.Value))
	}
	return nil
}

func (h *handler) Lost(_ context.Context, topic string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seen = append(h.seen, "lost "+topic)
}

// all is what was seen, sorted: partitions have no order between them.
func (h *handler) all() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return strings.Join(slices.Sorted(slices.Values(h.seen)), " ")
}

// read runs a reader until the test ends, or the function that it gives is called.
func (w *world) read(h invalidation.Handler, log *logtest.Buffer, tiers ...*tier) (*invalidation.Reader, func()) {
	w.t.Helper()
	cfg := invalidation.ReaderConfig{Handler: h, Scope: scope}
	if log == nil {
		log = &logtest.Buffer{}
	}
	w.t.Cleanup(func() {
		if w.t.Failed() {
			w.t.Logf("the reader's log:\n%s", log)
		}
	})
	cfg.Logger = log.Logger(slog.LevelInfo)
	for _, t := range tiers {
		cfg.Tiers = append(cfg.Tiers, t)
	}
	return w.readWith(cfg)
}

// readWith is read of what a configuration says.
func (w *world) readWith(cfg invalidation.ReaderConfig) (*invalidation.Reader, func()) {
	w.t.Helper()
	cfg.Kafka, cfg.Every = consumer.Kafka{Brokers: []string{w.broker}}, 20*time.Millisecond
	r := invalidation.NewReader(cfg)
	ctx, cancel := context.WithCancel(w.t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := r.Run(ctx); err != nil {
			w.t.Error(err)
		}
	}()
	stop := sync.OnceFunc(func() {
		cancel()
		<-ended
	})
	w.t.Cleanup(stop)
	return r, stop
}

// await waits for a channel to be closed.
func (w *world) await(what string, c <-chan struct{}) {
	w.t.Helper()
	select {
	case <-c:
	case <-time.After(patience):
		w.t.Fatalf("it never came to this: %s", what)
	}
}
