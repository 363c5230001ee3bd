package jsoncorpus_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"
	"golang.org/x/sync/errgroup"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/command/demo"
	"github.com/loaderline/loaderline/internal/devbroker"
	"github.com/loaderline/loaderline/internal/jsoncorpus"
	"github.com/loaderline/loaderline/internal/offsetexpr"
	"github.com/loaderline/loaderline/internal/pipeline"
	_ "github.com/loaderline/loaderline/internal/pipeline/sqlitesource" // The source that tests use.
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/topicread"
	"github.com/loaderline/loaderline/sink"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const file = `
kafka: {brokers: [%q]}
workers: 1
input: {topics: [events], group: corpus}
sources: {shop: {sql: {driver: sqlite, dsn: %q}}}
stages:
  user: {source: shop, by: event.user_id, query: "SELECT id, name FROM users WHERE id IN ($keys)", key: id, cache: {ttl: 1h}}
output: {topic: enriched}
dead_letter: {topic: dead}
`

// TestDocuments holds the corpus to another parser: encoding/json knows what is valid, but for what it lets pass.
func TestDocuments(t *testing.T) {
	documents := jsoncorpus.Documents()
	if len(documents) != jsoncorpus.Size {
		t.Fatalf("%d documents", len(documents))
	}
	names, texts := map[string]bool{}, map[string]string{}
	for _, d := range documents {
		if names[d.Name] {
			t.Errorf("%s is there twice", d.Name)
		}
		names[d.Name] = true
		if other, twice := texts[string(d.Text)]; twice {
			t.Errorf("%s is the same as %s", d.Name, other)
		}
		texts[string(d.Text)] = d.Name
		if valid := json.Valid(d.Text); d.Name[0] != 'i' && valid != (d.Name[0] == 'y') {
			t.Errorf("%s: valid %v", d.Name, valid)
		}
	}
}

// TestPipeline sends the corpus through a pipeline. With LOADERLINE_JSON_CORPUS, the files of that folder take its
// place; of them it is known only that each has exactly one outcome, unchanged.
func TestPipeline(t *testing.T) {
	documents := jsoncorpus.Documents()
	if dir := os.Getenv("LOADERLINE_JSON_CORPUS"); dir != "" {
		documents = folder(t, dir)
	}
	outcomes := run(t, append(documents, jsoncorpus.Document{Name: "afterwards", Text: []byte(`{"user_id":1}`), Outcome: jsoncorpus.Enriched}))
	counts := map[string]int{}
	for _, d := range documents {
		o := outcomes[d.Name]
		switch {
		case len(o) != 1:
			t.Errorf("%s has %d outcomes", d.Name, len(o))
			continue
		case d.Outcome != "" && o[0].kind != d.Outcome:
			t.Errorf("%s became %s (%s), want %s: %.200q", d.Name, o[0].kind, o[0].reason, d.Outcome, d.Text)
		case o[0].kind == jsoncorpus.Enriched && !enriches(o[0].value, d.Text):
			t.Errorf("%s is not in %.200q byte for byte", d.Name, o[0].value)
		case o[0].kind != jsoncorpus.Enriched && (!bytes.Equal(o[0].value, d.Text) || o[0].reason == ""):
			t.Errorf("%s is a dead letter of %.200q, because of %q", d.Name, o[0].value, o[0].reason)
		case json.Valid(d.Text) && strings.Contains(o[0].reason, "is not JSON"):
			t.Errorf("%s is JSON, and a dead letter because %q: %.200q", d.Name, o[0].reason, d.Text)
		}
		counts[d.Name[:1]+" "+string(o[0].kind)]++
	}
	t.Logf("outcomes of %d documents: %v", len(documents), counts)
}

// enriches reports whether the value of an enriched record has the document in it as it was.
func enriches(value, document []byte) bool {
	rest, ok := bytes.CutPrefix(value, append([]byte(`{"event":`), document...))
	return ok && bytes.HasPrefix(rest, []byte(`,"user":`))
}

// folder reads documents whose outcome nobody states.
func folder(t *testing.T, dir string) (documents []jsoncorpus.Document) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("%d documents in %s, %v", len(paths), dir, err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		documents = append(documents, jsoncorpus.Document{Name: filepath.Base(path), Text: text})
	}
	return documents
}

// outcome is one record that became of a document.
type outcome struct {
	kind   jsoncorpus.Outcome
	reason string
	value  []byte
}

// run publishes documents, runs a pipeline until the last of them has an outcome, and reads back what became of each.
func run(t *testing.T, documents []jsoncorpus.Document) map[string][]outcome {
	t.Helper()
	broker, err := devbroker.Start(t.Context(), devbroker.Config{Listen: "127.0.0.1:0", Topics: []string{"events", "enriched", "dead"}, Partitions: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := broker.Close(); err != nil {
			t.Error(err)
		}
	}()
	shop := filepath.Join(t.TempDir(), "shop.db")
	if err := demo.SeedShop(t.Context(), shop); err != nil {
		t.Fatal(err)
	}
	parsed, err := pipelinefile.Parse("pipeline.yaml", fmt.Appendf(nil, file, broker.Addr(), shop), pipelinefile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	layout, err := pipeline.NewLayout(parsed)
	if err != nil {
		t.Fatal(err)
	}
	open, err := pipeline.Open(t.Context(), layout, pipeline.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := open.Close(); err != nil {
			t.Error(err)
		}
	}()
	line, err := loaderline.New(open.Config)
	if err != nil {
		t.Fatal(err)
	}
	kafka := consumer.Kafka{Brokers: []string{broker.Addr()}}
	publish(t, broker.Addr(), documents)

	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	running, stop := context.WithCancel(ctx)
	var together errgroup.Group
	together.Go(func() error { return line.Run(running) })
	// Events of one partition are settled in order, so the last outcome is the last one's.
	last := documents[len(documents)-1].Name
	seen, done := context.WithCancel(ctx)
	err = topicread.Read(seen, topicread.Config{Kafka: kafka, Topics: []string{"enriched"}}, func(r *kgo.Record) error {
		if string(r.Key) == last {
			done()
		}
		return nil
	})
	done()
	stop()
	if err := together.Wait(); err != nil || ctx.Err() != nil {
		t.Fatalf("the pipeline: %v, %v", err, ctx.Err())
	}
	if err != nil {
		t.Fatal(err)
	}
	return readBack(t, kafka)
}

func publish(t *testing.T, address string, documents []jsoncorpus.Document) {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(address), kgo.DefaultProduceTopic("events"))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for _, d := range documents {
		text := d.Text
		if text == nil {
			text = []byte{} // An empty value, which is not the same as none.
		}
		if err := client.ProduceSync(t.Context(), &kgo.Record{Key: []byte(d.Name), Value: text}).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
}

// readBack reads both output topics from their beginning to their end.
func readBack(t *testing.T, kafka consumer.Kafka) map[string][]outcome {
	t.Helper()
	outcomes := map[string][]outcome{}
	for _, topic := range []string{"enriched", "dead"} {
		end := &offsetexpr.Position{Kind: offsetexpr.Latest}
		err := topicread.Read(t.Context(), topicread.Config{Kafka: kafka, Topics: []string{topic}, To: end}, func(r *kgo.Record) error {
			o := outcome{kind: jsoncorpus.Enriched, value: r.Value}
			for _, h := range r.Headers {
				switch h.Key {
				case sink.HeaderErrorKind:
					o.kind = jsoncorpus.Outcome(h.Value)
				case sink.HeaderErrorMessage:
					o.reason = string(h.Value)
				}
			}
			outcomes[string(r.Key)] = append(outcomes[string(r.Key)], o)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return outcomes
}
