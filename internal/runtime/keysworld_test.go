package runtime_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/deadletterlimit"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/runtime"
)

// keysWorld is a broker with events, and a pipeline file.
type keysWorld struct {
	t      *testing.T
	log    syncBuffer
	text   string
	keys   []string
	client *kgo.Client
}

type syncBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
	wait string // what seen is called for
	seen func()
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.seen != nil && strings.Contains(string(p), b.wait) {
		b.seen()
	}
	return b.text.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func newKeysWorld(t *testing.T, sources string, keys []string) *keysWorld {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "events", "enriched", "dead"), kfake.BrokerConfigs(map[string]string{"group.initial.rebalance.delay.ms": "0"}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	w := &keysWorld{t: t, keys: keys}
	w.client, err = kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.ConsumeTopics("dead"), kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.client.Close)
	for _, key := range keys {
		event := fmt.Appendf(nil, `{"id":%q}`, key)
		if err := w.client.ProduceSync(t.Context(), &kgo.Record{Topic: "events", Key: []byte(key), Value: event}).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	w.text = fmt.Sprintf("kafka: {brokers: [%q]}\nworkers: 1\noutput: {topic: enriched}\nlog: {level: debug}\n", cluster.ListenAddrs()[0]) + sources
	return w
}

// run runs the pipeline until ctx ends, or it does.
func (w *keysWorld) run(ctx context.Context, group, limit string, running func(addr string)) error {
	text := w.text + fmt.Sprintf("input: {topics: [events], group: %s}\ndead_letter: {topic: dead, limit: %s, window: 1}\n", group, limit)
	file, err := pipelinefile.Parse("pipeline.yaml", []byte(text), pipelinefile.Options{})
	if err != nil {
		return err
	}
	log := slog.New(slog.NewJSONHandler(&w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	layout, err := pipeline.NewLayout(file)
	if err != nil {
		return err
	}
	seen, err := runtime.Start(ctx, runtime.Config{File: file, Kafka: consumer.Kafka{Brokers: file.Kafka.Brokers}, Instance: "one", Listen: "127.0.0.1:0", Logger: log})
	if err != nil {
		return err
	}
	open, err := pipeline.Open(ctx, layout, pipeline.Options{Logger: log, OnCall: seen.Call})
	if err != nil {
		return errors.Join(err, seen.Close())
	}
	seen.Opened(layout, open)
	p, err := loaderline.New(open.Config)
	if err != nil {
		return errors.Join(err, open.Close(), seen.Close())
	}
	seen.Running(p)
	running(seen.Addr())
	return errors.Join(p.Run(ctx), open.Close(), seen.Close())
}

// letters runs until all events are dead letters, and checks what the process shows of itself.
func (w *keysWorld) letters(quotes bool) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 20*time.Second)
	defer cancel()
	ended := make(chan error, 1)
	addr := make(chan string, 1)
	go func() { ended <- w.run(ctx, "letters", "100%", func(a string) { addr <- a }) }()
	var at string
	select {
	case a := <-addr:
		at = "http://" + a
	case err := <-ended:
		w.t.Fatalf("the run does not start: %v", err)
	}
	quoted := 0
	for n := 0; n < len(w.keys); {
		fetches := w.client.PollFetches(ctx)
		if ctx.Err() != nil {
			w.t.Fatalf("%d of %d dead letters came:\n%s", n, len(w.keys), w.log.String())
		}
		for _, r := range fetches.Records() {
			n++
			for _, h := range r.Headers {
				if h.Key == "loaderline.error.message" && strings.Contains(string(h.Value), string(r.Key[:6])) {
					quoted++
				}
			}
		}
	}
	if quotes != (quoted > 0) {
		w.t.Errorf("%d dead letters quote the key", quoted)
	}
	for _, path := range []string{"/metrics", "/api/status", "/healthz", "/readyz"} {
		leaks(w.t, path, get(w.t, at+path))
	}
	cancel()
	if err := <-ended; err != nil {
		w.t.Error(err)
	}
}

// stopped runs until the limit of dead letters ends it.
func (w *keysWorld) stopped() error {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 20*time.Second)
	defer cancel()
	err := w.run(ctx, "stopped", "50%", func(string) {})
	if _, is := errors.AsType[*deadletterlimit.ExceededError](err); !is {
		w.t.Fatalf("the run ends with %v", err)
	}
	return err
}
