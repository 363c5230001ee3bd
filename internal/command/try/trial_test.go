package try_test

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/command/try"
	"github.com/loaderline/loaderline/internal/console"
	"github.com/loaderline/loaderline/internal/jsonenrich"
	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// users finds a row for each key.
type users struct{}

func (users) Types() lookupkey.Types { return lookupkey.Types{lookupkey.Bigint} }

func (users) Load(_ context.Context, b *stages.Batch[lookup.Key, []byte]) error {
	for i := range b.Keys {
		b.Set(i, stages.Result[[]byte]{Value: []byte(`{"name":"Ada"}`), State: stages.Loaded})
	}
	return nil
}

// newTrial makes a trial of a pipeline that filters heartbeats. seen gets each record that is decoded.
func newTrial(t *testing.T, seen func(loaderline.Record)) *try.Trial {
	t.Helper()
	return newTrialOf(t, "topic: out", seen)
}

// newTrialOf makes a trial of a pipeline with some output.
func newTrialOf(t *testing.T, output string, seen func(loaderline.Record)) *try.Trial {
	t.Helper()
	file, err := pipelinefile.Parse("a.yaml", []byte(`
kafka: {brokers: ["127.0.0.1:1"]}
input: {topics: [events, more], group: g}
sources: {shop: {sql: {driver: sqlite, dsn: ":memory:"}}}
stages:
  user: {source: shop, by: event.user_id, query: "SELECT id, name FROM users WHERE id IN ($keys)", key: id}
output: {`+output+`}
dead_letter: {topic: dead}
`), pipelinefile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	layout, err := pipeline.NewLayout(file)
	if err != nil {
		t.Fatal(err)
	}
	open, err := pipeline.Open(t.Context(), layout, pipeline.Options{Lookup: func(*pipeline.Stage) pipeline.Lookup { return users{} }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := open.Close(); err != nil {
			t.Error(err)
		}
	})
	decode := open.Config.Decode
	open.Config.Decode = func(r loaderline.Record) (jsonenrich.Document, error) {
		seen(r)
		if strings.Contains(string(r.Value), "heartbeat") {
			return jsonenrich.Document{}, loaderline.ErrFiltered
		}
		return decode(r)
	}
	trial, err := try.New(open)
	if err != nil {
		t.Fatal(err)
	}
	return trial
}

func TestAFilteredEvent(t *testing.T) {
	trial := newTrial(t, func(loaderline.Record) {})
	report, err := trial.Event(t.Context(), kgo.Record{Topic: "events", Value: []byte(`{"type":"heartbeat"}`)})
	if err != nil {
		t.Fatal(err)
	}
	text := report.Waterfall(console.Palette{})
	if report.Outcome != try.Filtered || !regexp.MustCompile(`^filtered in \d+\.\d ms: input\.where does not hold\n$`).MatchString(text) {
		t.Errorf("%s: %s", report.Outcome, text)
	}
	report.Millis = 0
	got, err := json.Marshal(report)
	if want := `{"outcome":"filtered","record":null,"stages":[],"ms":0}`; err != nil || string(got) != want {
		t.Errorf("%s, %v; want %s", got, err, want)
	}
}

// A report has all records of an event.
func TestSeveralRecords(t *testing.T) {
	trial := newTrialOf(t, `topic: out, for_each: event.items, key: item, value: {item: item, user: user.name}, routes: [{when: item > 1, topic: more-items}]`, func(loaderline.Record) {})
	for event, want := range map[string]struct{ records, summary string }{
		`{"user_id":1,"items":[1,2,3]}`: {`{"item":1,"user":"Ada"} out, {"item":2,"user":"Ada"} more-items, {"item":3,"user":"Ada"} more-items`, `ms, 3 records for out and more-items$`},
		`{"user_id":1,"items":[2]}`:     {``, `ms, for more-items$`},
		`{"user_id":1,"items":[]}`:      {``, `^dropped`},
		`{"user_id":1,"items":7}`:       {``, `^dead letter in .* ms, for dead: encode`},
	} {
		report, err := trial.Event(t.Context(), kgo.Record{Topic: "events", Value: []byte(event)})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for i, line := range report.Records {
			got = append(got, fmt.Sprintf("%s %s", report.Values()[i], line.Topic))
		}
		if records := strings.Join(got, ", "); records != want.records || len(got) > 0 && report.Record.Topic != report.Records[0].Topic {
			t.Errorf("%s: got %s, want %s", event, records, want.records)
		}
		if !regexp.MustCompile(want.summary).MatchString(report.Summary()) {
			t.Errorf("%s: %s", event, report.Summary())
		}
	}
}

// The parts of a record reach Decode. The offset counts the events, and a record without a timestamp gets the current time.
func TestTheRecordOfATrial(t *testing.T) {
	var seen []loaderline.Record
	trial := newTrial(t, func(r loaderline.Record) { seen = append(seen, r) })
	at := time.UnixMilli(1764000000123)
	given := kgo.Record{
		Topic: "more", Key: []byte("k"), Value: []byte(`{"user_id":1}`), Timestamp: at,
		Headers: []kgo.RecordHeader{{Key: "tenant", Value: []byte("a")}, {Key: "tenant", Value: []byte("b")}},
	}
	before := time.Now()
	for _, src := range []kgo.Record{given, {Topic: "events", Value: []byte(`{"user_id":1}`)}} {
		report, err := trial.Event(t.Context(), src)
		if err != nil {
			t.Fatal(err)
		}
		if report.Outcome != try.Enriched {
			t.Errorf("%s", report.Summary())
		}
		if src.Key != nil && len(report.Record.Headers) < 2 {
			t.Errorf("the enriched record has the headers %v", report.Record.Headers)
		}
	}
	if diff := cmp.Diff(given.Headers, seen[0].Headers); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
	if r := seen[0]; r.Topic != "more" || string(r.Key) != "k" || !r.Timestamp.Equal(at) || r.Offset != 0 {
		t.Errorf("the first record is %+v", r)
	}
	if r := seen[1]; r.Topic != "events" || r.Key != nil || r.Timestamp.Before(before) || r.Offset != 1 {
		t.Errorf("the second record is %+v", r)
	}
}
