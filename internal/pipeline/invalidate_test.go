package pipeline_test

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/invalidation"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/registry"
)

// A cached chain: purchases by user, and the reviews of each product, which several users have bought.
const cachedChain = `
  user: {source: shop, by: event.user_id, query: "SELECT id, name FROM users WHERE id IN ($keys)", key: id, cache: {ttl: 1h}}
  purchases: {source: shop, by: event.user_id, query: "SELECT user_id AS _key, product_id FROM purchases WHERE user_id IN ($keys) ORDER BY id", many: true, cache: {ttl: 1h}}
  reviews: {source: shop, by: "purchases[].product_id", query: "SELECT product_id AS _key, rating FROM reviews WHERE product_id IN ($keys) ORDER BY id", many: true, into: "purchases[].reviews", cache: {ttl: 1h}}
  tenant: {source: shop, by: [event.tenant, event.user_id], query: "SELECT tenant, id, name FROM tenants WHERE (tenant, id) IN ($keys)", key: [tenant, id], cache: {ttl: 1h}}
cache:
  invalidate:
    topic: commands
    changes:
      - {topic: shop.users, key: id, stages: [user]}
      - {topic: shop.changes, table: purchases, key: user_id, stages: [purchases]}
      - {topic: shop.changes, table: reviews, key: product_id, stages: [reviews]}
      - {topic: shop.tenants, key: [tenant, id], stages: [tenant], envelope: debezium, old_key: primary_key}
`

// shopOf opens a pipeline whose database a test changes.
func shopOf(t *testing.T, stages string) (*pipeline.Layout, *pipeline.Pipeline, func(statement string)) {
	t.Helper()
	path := shopFile(t)
	l, err := layout("nest", path, stages)
	if err != nil {
		t.Fatal(err)
	}
	p, err := pipeline.Open(t.Context(), l, pipeline.Options{Reuse: true})
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return l, p, func(statement string) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
}

// Each part of a chain is cached by its own key, so that one change is seen by every event that comes to it.
func TestChangesAreSeenThroughAChain(t *testing.T) {
	l, p, change := shopOf(t, cachedChain)
	v := p.Invalidator(l, nil)
	events := []string{`{"user_id":1,"tenant":"a"}`, `{"user_id":3,"tenant":"b"}`}
	see := func(want ...string) {
		t.Helper()
		for i, got := range enrich(t, p, events...) {
			if !strings.Contains(got, want[i]) {
				t.Errorf("event %d: %s; want %s in it", i, got, want[i])
			}
		}
	}
	apply := func(topic, key, value string) {
		if err := v.Apply(t.Context(), []*kgo.Record{{Topic: topic, Key: []byte(key), Value: []byte(value)}}); err != nil {
			t.Fatal(err)
		}
	}
	const before1, before3 = `[{"product_id":100,"reviews":[{"rating":5},{"rating":3}]},{"product_id":101,`, `[{"product_id":102,"reviews":[]}]`
	see(before1, before3)

	change(`UPDATE reviews SET rating = 1 WHERE id = 50`)
	change(`INSERT INTO reviews (id, product_id, rating) VALUES (60, 102, 2)`)
	see(before1, before3) // Nothing has been said yet.
	apply("shop.changes", `{"id":50}`, `{"op":"u","before":{"product_id":100},"after":{"product_id":100},"source":{"connector":"postgresql","name":"shop","ts_ms":1,"table":"reviews"}}`)
	apply("shop.changes", `{"id":60}`, `{"op":"c","before":null,"after":{"product_id":"102"},"source":{"connector":"postgresql","name":"shop","ts_ms":1,"table":"reviews"}}`)
	see(`"reviews":[{"rating":1},{"rating":3}]`, `[{"product_id":102,"reviews":[{"rating":2}]}]`)

	change(`UPDATE purchases SET user_id = 3 WHERE id = 11`)
	apply("shop.changes", `{"id":11}`, `{"op":"u","before":{"user_id":1},"after":{"user_id":3},"source":{"connector":"postgresql","name":"shop","ts_ms":1,"table":"purchases"}}`)
	see(`"purchases":[{"product_id":100,"reviews":[{"rating":1},{"rating":3}]},{"product_id":100,`, `"purchases":[{"product_id":101,`)

	change(`UPDATE users SET name = 'A' WHERE id = 1`)
	change(`UPDATE users SET name = 'E' WHERE id = 3`)
	apply("commands", "", `{"pipeline":"g","stage":"user","keys":["1"]}`)
	see(`"name":"A"`, `"name":"Edsger"`)
	v.Lost(t.Context(), "shop.users")
	see(`"name":"A"`, `"name":"E"`)

	change(`UPDATE tenants SET name = 'new'`)
	apply("shop.tenants", `{"id":1,"tenant":"a"}`, `{"op":"d","before":{"tenant":"a","id":1},"after":null}`)
	see(`"name":"new"`, `"tenant":null`)
}

func TestInvalidatorNamesCachedStages(t *testing.T) {
	l, p, _ := shopOf(t, purchasesStage+strings.Replace(userStage, "key: id", "key: id, cache: {ttl: 1h}", 1))
	v := p.Invalidator(l, nil)
	v.Lost(t.Context(), "") // As of a topic of commands.
	if diff := cmp.Diff(map[string]uint64{"user": 1}, v.Counts().All); diff != "" {
		t.Error(diff)
	}
	p.Invalidate(t.Context(), "purchases", "1") // Not cached: nothing to forget.
	p.InvalidateAll(t.Context(), "nobody")
}

// A key from elsewhere than an event is found however the event writes it.
func TestKeys(t *testing.T) {
	_, p, _ := shopOf(t, `
  number: {source: shop, by: event.a, query: "SELECT id FROM users WHERE id IN ($keys)", key: id, cache: {ttl: 1h}}
  text: {source: shop, by: event.a, query: "SELECT id FROM plans WHERE id IN ($keys)", key: id, cache: {ttl: 1h}}
  any: {source: shop, by: event.a, query: "SELECT id FROM users WHERE id IN ($keys)", key: id, key_type: any, cache: {ttl: 1h}}
  pair: {source: shop, by: [event.a, event.b], query: "SELECT tenant, id, name FROM tenants WHERE (tenant, id) IN ($keys)", key: [tenant, id], key_type: [any, any], cache: {ttl: 1h}}
`)
	for _, c := range []struct {
		stage string
		parts []string
		want  string
	}{
		{"number", []string{`7`}, `[7]`},
		{"number", []string{`"007"`}, `[7]`},
		{"number", []string{`"x"`}, `"x" is not a bigint`},
		{"number", []string{`1.5`}, `1.5 is a number with a fraction, not a bigint`},
		{"number", []string{`null`}, `no key`},
		{"number", []string{`1`, `2`}, `the key of stage number has 1 part, not 2`},
		{"text", []string{`"pro"`}, `["pro"]`},
		{"text", []string{`7`}, `["7"]`},
		{"text", []string{`true`}, `["true"]`},
		{"text", []string{`1e5`}, `["100000" "1e5"]`},
		{"number", []string{`7.0`}, `[7]`},
		{"any", []string{`7`}, `[7 "7"]`},
		{"any", []string{`"7"`}, `["7" 7]`},
		{"any", []string{`"x"`}, `["x"]`},
		{"any", []string{`"{}"`}, `["{}"]`},
		{"any", []string{`{}`}, `an object cannot be a key: a key is a string, a number or a boolean`},
		{"pair", []string{`"a"`, `1`}, `[["a",1] ["a","1"]]`},
		{"pair", []string{`2`, `1`}, `[[2,1] [2,"1"] ["2",1] ["2","1"]]`},
	} {
		var parts [][]byte
		for _, part := range c.parts {
			parts = append(parts, []byte(part))
		}
		keys, err := p.Keys(c.stage, parts...)
		got := fmt.Sprint(keys)
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s %v: %s; want %s", c.stage, c.parts, got, c.want)
		}
	}
}

func TestWrongColumnsOfChanges(t *testing.T) {
	_, err := layout("nest", shopFile(t), strings.NewReplacer("key: user_id, stages", `key: "ids[]", stages`, "[tenant, id], stages: [tenant]", `[tenant, a..b], stages: [tenant]`).Replace(cachedChain))
	if err == nil {
		t.Fatal("no error")
	}
	const want = `pipeline.yaml:19:54: cache.invalidate.changes[1].key: "ids[]" has [], but a row has one key; write a column, or a path to one value
pipeline.yaml:21:45: cache.invalidate.changes[3].key[1]: "a..b": a name is missing at byte 2`
	if got := err.Error(); got != want {
		t.Errorf("%s; want %s", got, want)
	}
}

// Changes that have schemas of a registry are seen too, by their keys and by their values, with two writer schemas in one topic.
func TestChangesWithSchemas(t *testing.T) {
	t.Parallel()
	r := startRegistry(t)
	const (
		idKey   = `{"type":"record","name":"Key","fields":[{"name":"id","type":"long"}]}`
		flat    = `{"type":"record","name":"User","fields":[{"name":"id","type":"int"},{"name":"__deleted","type":"string"}]}`
		flatter = `{"type":"record","name":"User","fields":[{"name":"note","type":["null","string"]},{"name":"id","type":"long"},{"name":"__deleted","type":"string"}]}`
	)
	key, first, second := r.prefix(t, "shop.users-key", registry.Avro, idKey), r.prefix(t, "shop.users-value", registry.Avro, flat), r.prefix(t, "shop.users-value", registry.Avro, flatter)
	l, p, change := shopOf(t, strings.ReplaceAll(cachedChain, "{topic: shop.users, key: id,", "{topic: shop.users, format: avro, old_key: primary_key, key: id,")+`
registry: {url: "`+r.URL()+`"}
`)
	v := p.Invalidator(l, nil)
	names := func() (all string) {
		for _, got := range enrich(t, p, `{"user_id":1}`, `{"user_id":2}`, `{"user_id":3}`) {
			_, got, _ = strings.Cut(got, `"name":`)
			name, _, _ := strings.Cut(got, "}")
			all += name
		}
		return all
	}
	if got := names(); got != `"Ada""Grace \"G\"""Edsger"` {
		t.Fatalf("at first: %s", got)
	}
	change(`UPDATE users SET name = 'new'`)
	for _, c := range []struct {
		record kgo.Record
		want   string
	}{
		{kgo.Record{Value: encodeAvro(t, first, flat, `{"id":1,"__deleted":"false"}`)}, `"new""Grace \"G\"""Edsger"`},
		{kgo.Record{Value: encodeAvro(t, second, flatter, `{"note":"x","id":2,"__deleted":"false"}`)}, `"new""new""Edsger"`},
		{kgo.Record{Key: encodeAvro(t, key, idKey, `{"id":3}`)}, `"new""new""new"`},
	} {
		c.record.Topic = "shop.users"
		if err := v.Apply(t.Context(), []*kgo.Record{&c.record}); err != nil {
			t.Fatal(err)
		}
		if got := names(); got != c.want {
			t.Errorf("names: %s, want %s", got, c.want)
		}
	}
	if records := v.Counts().Records["shop.users"]; records[invalidation.Applied] != 3 {
		t.Errorf("records: %v", records)
	}
}
