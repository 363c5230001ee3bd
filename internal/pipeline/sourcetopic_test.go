package pipeline_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/codec"
	"github.com/loaderline/loaderline/internal/devregistry/devregistrytest"
	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/registry"
	"github.com/loaderline/loaderline/stages"
)

const topicFile = `
kafka: {brokers: [%q]}
registry: {url: %q}
input: {topics: [events], group: g}
output: {topic: out}
dead_letter: {topic: dead}
sources:
  users: {topic: {topic: users, max_staleness: 1s}}
  plans: {topic: {topic: plans, key: avro, value: avro}}
  teams: {topic: {topic: teams, key: json, key_fields: [tenant, id], key_type: [text, bigint]}}
stages:
  user: {source: users, by: event.user_id}
  plan: {source: plans, by: user.plan}
  team: {source: teams, by: [event.tenant, event.team]}
`

// tableWorld is a cluster with three tables.
type tableWorld struct {
	t        *testing.T
	cluster  *kfake.Cluster
	client   *kgo.Client
	registry *registry.Client
	url      string
}

func newTableWorld(t *testing.T) *tableWorld {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(2, "users", "plans", "teams"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	w := &tableWorld{t: t, cluster: cluster, client: client}
	server, schemas := devregistrytest.Start(t)
	w.url, w.registry = server.URL(), schemas
	for subject, text := range map[string]string{"key": `{"type":"record","name":"Key","fields":[{"name":"id","type":"long"}]}`, "plan": `{"type":"record","name":"Plan","fields":[{"name":"price","type":"int"}]}`} {
		if _, err := w.registry.Register(t.Context(), subject, &registry.Schema{Type: registry.Avro, Text: text}, false); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// avro is what a text is by the schema of a subject.
func (w *tableWorld) avro(subject, text string) string {
	w.t.Helper()
	e, err := codec.NewPartEncoder(w.t.Context(), codec.Config{Format: format.Avro, Registry: w.registry}, subject, "")
	if err != nil {
		w.t.Fatal(err)
	}
	data, err := e.Encode([]byte(text))
	if err != nil {
		w.t.Fatal(err)
	}
	return string(data)
}

func (w *tableWorld) publish(topic, key, value string) {
	w.t.Helper()
	r := &kgo.Record{Topic: topic, Key: []byte(key)}
	if value != "" {
		r.Value = []byte(value)
	}
	if err := w.client.ProduceSync(w.t.Context(), r).FirstErr(); err != nil {
		w.t.Fatal(err)
	}
}

func (w *tableWorld) open(opts pipeline.Options) *pipeline.Pipeline {
	w.t.Helper()
	l, err := parse(fmt.Sprintf(topicFile, w.cluster.ListenAddrs()[0], w.url))
	if err != nil {
		w.t.Fatal(err)
	}
	return openOptions(w.t, l, opts)
}

func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it never came to this: %s", what)
		}
	}
}

func TestTopicsAsTables(t *testing.T) {
	t.Parallel()
	w := newTableWorld(t)
	w.publish("users", "7", `{"name":"Ann","plan":1}`)
	w.publish("plans", w.avro("key", `{"id":1}`), w.avro("plan", `{"price":900}`))
	w.publish("teams", `{"id":5,"tenant":"a"}`, `{"op":"c","before":null,"after":{"name":"Red"},"source":{"connector":"x","name":"y","ts_ms":1}}`)
	var mu sync.Mutex
	seen := map[string]func() lookupext.TableStatus{}
	p := w.open(pipeline.Options{Reuse: true, Start: &pipeline.Start{OnTable: func(source string, status func() lookupext.TableStatus) {
		mu.Lock()
		defer mu.Unlock()
		seen[source] = status
	}}})
	const event = `{"user_id":7,"tenant":"a","team":"005"}`
	if got, want := enrich(t, p, event)[0], `{"event":`+event+`,"user":{"name":"Ann","plan":1},"plan":{"price":900},"team":{"name":"Red"}}`; got != want {
		t.Errorf("enriched: %s\nwant %s", got, want)
	}
	if len(seen) != 3 || seen["plans"]().Keys != 1 {
		t.Errorf("tables: %v", seen)
	}
	for range 3 {
		enrich(t, p, event)
	}
	if p.Reused() == 0 {
		t.Error("nothing was reused")
	}
	w.publish("plans", w.avro("key", `{"id":1}`), w.avro("plan", `{"price":950}`))
	until(t, "the new plan is seen", func() bool { return strings.Contains(enrich(t, p, event)[0], `"plan":{"price":950}`) })
	w.publish("users", "7", "")
	until(t, "the user is gone", func() bool { return strings.Contains(enrich(t, p, event)[0], `"user":null,"plan":null`) })
}

// A stage with a time takes the row that the key had then.
func TestFormerRowsOfATopic(t *testing.T) {
	t.Parallel()
	w := newTableWorld(t)
	first := time.Now().Add(-time.Minute).Truncate(time.Second)
	for i, tier := range []string{"basic", "gold"} {
		r := &kgo.Record{Topic: "users", Key: []byte("7"), Value: fmt.Appendf(nil, `{"tier":%q}`, tier), Timestamp: first.Add(time.Duration(i) * 10 * time.Second)}
		if err := w.client.ProduceSync(t.Context(), r).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	l, err := parse(fmt.Sprintf(`
kafka: {brokers: [%q]}
input: {topics: [events], group: g}
output: {topic: out}
dead_letter: {topic: dead}
sources:
  users: {topic: {topic: users, retain: 1h}}
stages:
  user: {source: users, by: event.user_id, at: record.timestamp}
`, w.cluster.ListenAddrs()[0]))
	if err != nil {
		t.Fatal(err)
	}
	p := openOptions(t, l, pipeline.Options{})
	for after, want := range map[time.Duration]string{-time.Second: `null`, 0: `{"tier":"basic"}`, 9 * time.Second: `{"tier":"basic"}`, 10 * time.Second: `{"tier":"gold"}`} {
		got := enrichRecords(t, p, loaderline.Record{Value: []byte(`{"user_id":7}`), Timestamp: first.Add(after)})[0]
		if got != `{"event":{"user_id":7},"user":`+want+`}` {
			t.Errorf("%v after the first row: %s, want %s", after, got, want)
		}
	}
}

// Events wait before they are decoded, so that none is given encoded results while a table is too far behind.
func TestEventsWaitForTables(t *testing.T) {
	t.Parallel()
	w := newTableWorld(t)
	w.publish("users", "7", `{"name":"Ann"}`)
	p := w.open(pipeline.Options{Reuse: true})
	prepare := func() error {
		return p.Config.Prepare(t.Context(), []*loaderline.Record{{Value: []byte(`{"user_id":7}`)}})
	}
	if err := prepare(); err != nil {
		t.Fatal(err)
	}
	var away atomic.Bool
	away.Store(true)
	for _, kind := range []kmsg.Key{kmsg.Fetch, kmsg.ListOffsets} {
		w.cluster.ControlKey(kind.Int16(), func(kmsg.Request) (kmsg.Response, error, bool) {
			w.cluster.KeepControl()
			if away.Load() {
				return nil, errors.New("away"), true
			}
			return nil, nil, false
		})
	}
	until(t, "events wait", func() bool { return prepare() != nil })
	if err := prepare(); !errors.Is(err, stages.ErrOutage) || !strings.Contains(err.Error(), "source users does not answer: topic users is") {
		t.Errorf("Prepare: %v", err)
	}
	away.Store(false)
	until(t, "events go on", func() bool { return prepare() == nil })
}
