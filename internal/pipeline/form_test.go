package pipeline_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/format/avro"
	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/outputschema"
	"github.com/loaderline/loaderline/internal/pipeline"
)

const writerSchema = `{"type":"record","name":"Event","fields":[{"name":"user_id","type":"long"},{"name":"amount","type":["null","double"]},
	{"name":"plan","type":["null","string"],"default":null},{"name":"items","type":{"type":"array","items":["null",{"type":"record","name":"Item","fields":[
	{"name":"sku","type":"string"},{"name":"user","type":["null","long"]},{"name":"tags","type":{"type":"array","items":"string"}}]}]}}]}`

// derive derives the Avro schema of a pipeline.
func derive(t *testing.T, input, output, stages string, types map[string]lookupext.ColumnType) (*outputschema.Schema, *pipeline.Pipeline, error) {
	t.Helper()
	l, err := parse(with(input, output, shopFile(t), stages))
	if err != nil {
		t.Fatal(err)
	}
	p := openLayout(t, l)
	writer, err := avro.Parse(writerSchema)
	if err != nil {
		t.Fatal(err)
	}
	s, err := outputschema.Derive(l.Form(p.Lookup), outputschema.Writer{Avro: writer}, outputschema.Config{Types: types})
	return s, p, err
}

// The derived schema holds what the encoder makes, whatever the lookups find.
func TestDerivedSchemasHoldOutputs(t *testing.T) {
	t.Parallel()
	events := []string{
		`{"user_id":1,"amount":2.5,"plan":null,"items":[{"sku":"a","user":1,"tags":["x","y"]},null,{"sku":"b","user":null,"tags":[]}]}`,
		`{"user_id":3,"amount":null,"plan":"pro","items":[]}`,
		`{"user_id":9,"amount":0.0,"plan":"none","items":[{"sku":"c","user":9,"tags":[]}]}`,
	}
	for name, c := range map[string]struct{ input, output, stages string }{
		"nest":            {"", "shape: nest", purchasesOfUsers},
		"merge":           {"", "shape: merge", strings.Replace(purchasesOfUsers, "  user:", "  plan:", 1)},
		"a path":          {"", `value: {id: event.user_id, name: user.name, user: user, ids: "purchases[].id", authors: "reviews[][].author", all: purchases}`, purchasesOfUsers},
		"lists":           {"", `value: {skus: "event.items[].sku", tags: "event.items[].tags[]", items: event.items}`, userStage},
		"constants":       {"", `value: {n: 1, s: '"x"', b: true, f: 1.5, list: [1, 2], deep: {t: record.topic, p: record.partition, k: record.key, h: record.headers.x}}`, userStage},
		"expressions":     {"", `value: {n: len(purchases), big: event.amount > 1, name: upper(user.name), both: len(purchases) + 1}`, purchasesOfUsers},
		"each of a stage": {"", `for_each: purchases, value: {item: item, id: item.id, user: user.name}`, purchasesOfUsers},
		"each of the event": {
			"", `for_each: event.items, value: {sku: item.sku, tags: "item.tags[]", all: item, user: event.user_id}`, userStage,
		},
		"a list of results": {"", "shape: nest", `
  user: {source: shop, by: "event.items[].user", query: "SELECT id, name FROM users WHERE id IN ($keys)", key: id}
  purchases: {source: shop, by: "user[].id", query: "SELECT user_id AS _key, id FROM purchases WHERE user_id IN ($keys)", many: true, into: "user[].purchases"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, p, err := derive(t, c.input, c.output, c.stages, nil)
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for _, lines := range enrich(t, p, events...) {
				for value := range strings.SplitSeq(lines, "\n") {
					if value == "dropped" {
						continue
					}
					n++
					body, err := s.Avro.Encoder(avro.EncodeOptions{}).AppendAvro(nil, []byte(value))
					if err != nil {
						t.Fatalf("%s: %v\n%s", value, err, s.Text)
					}
					back, err := s.Avro.Decoder(format.Options{}).AppendJSON(nil, body)
					if diff := cmp.Diff(plain(t, value), plain(t, string(back))); err != nil || diff != "" {
						t.Error(err, diff)
					}
				}
			}
			if n == 0 {
				t.Error("nothing was encoded")
			}
		})
	}
}

func plain(t *testing.T, text string) (v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

func TestWhatHasNoType(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ input, output, stages, want string }{
		"a result within the event": {
			"", "shape: nest", `
  user: {source: shop, by: event.user_id, query: "SELECT id, name FROM users WHERE id IN ($keys)", key: id, into: event.user}`,
			"event: the result of stage user goes into it; write output.value, and into: with one name",
		},
		"an expression":              {"", "value: {x: user.id + 1}", userStage, "x: the type of the expression is not known"},
		"a column that is not there": {"", "value: {x: user.email}", userStage, "x: the query of stage user has no email"},
		"an empty list":              {"", "value: {x: []}", userStage, "x: the list is empty, so its values have no type"},
		"a mixed list":               {"", `value: {x: [1, '"a"']}`, userStage, "x: the values of the list are of several types"},
		"the key's members":          {", key_format: json", "value: {x: record.key.id}", userStage, "x: nothing is known of what is within keys"},
		"an expression of a column": {
			"", "shape: nest", `
  user: {source: shop, by: event.user_id, query: "SELECT id, id * 2 AS twice FROM users WHERE id IN ($keys)", key: id}`,
			"user.twice: the database does not tell the type",
		},
		"a result within JSON": {
			"", "shape: nest", `
  user: {source: shop, by: event.user_id, query: "SELECT id, profile FROM profiles WHERE id IN ($keys)", key: id}
  plan: {source: shop, by: user.profile.plan, query: "SELECT id, price FROM plans WHERE id IN ($keys)", key: id, into: user.profile.price}`,
			"user.profile: the result of stage plan goes into the JSON of a column",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := derive(t, c.input, c.output, c.stages, nil)
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
}
