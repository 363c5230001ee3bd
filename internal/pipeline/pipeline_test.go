package pipeline_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/jsonenrich"
)

const (
	userStage = `
  user: {source: shop, by: event.user_id, query: "SELECT id, name FROM users WHERE id IN ($keys)", key: id}`
	purchasesStage = `
  purchases: {source: shop, by: event.user_id, query: "SELECT user_id AS _key, id, product_id FROM purchases WHERE user_id IN ($keys) ORDER BY id", many: true}`
	reviewsStage = `
  reviews: {source: shop, by: "purchases[].product_id", query: "SELECT product_id AS _key, id, author FROM reviews WHERE product_id IN ($keys) ORDER BY id", many: true, into: "purchases[].reviews"}`
)

func TestEnrich(t *testing.T) {
	for _, c := range []struct {
		name, shape, stages string
		events, want        []string
	}{
		{
			name:   "the whole chain",
			stages: userStage + purchasesStage + reviewsStage,
			events: []string{`{"user_id":1, "n":1e400}`, `{"user_id":"2"}`, `{"user_id":7}`, `{}`, `{"user_id":1.5}`, `[1]`, `{"user_id":1`},
			want: []string{
				`{"event":{"user_id":1, "n":1e400},"user":{"id":1,"name":"Ada"},"purchases":[` +
					`{"id":10,"product_id":100,"reviews":[{"id":50,"author":2},{"id":51,"author":9}]},` +
					`{"id":11,"product_id":101,"reviews":[{"id":52,"author":1}]},` +
					`{"id":12,"product_id":100,"reviews":[{"id":50,"author":2},{"id":51,"author":9}]}]}`,
				`{"event":{"user_id":"2"},"user":{"id":2,"name":"Grace \"G\""},"purchases":[]}`,
				`{"event":{"user_id":7},"user":null,"purchases":[]}`,
				`{"event":{},"user":null,"purchases":[]}`,
				`key in stage user: event.user_id: 1.5 is a number with a fraction, not a bigint`,
				`decode: the value is not a JSON object but a list`,
				`decode: the value is not JSON: unexpected end at byte 12`,
			},
		},
		{
			name: "merged, replacing fields of the same name", shape: "merge", stages: userStage,
			events: []string{`{"user_id":1,"x": 1.0 }`, `{"user":{"old":1}, "user_id":3 , "a":"\u0061"}`, `{ "\u00e9":1 ,"us\u0065r_id": 3, "user":2}`, `{"user_id":3}`},
			want: []string{
				`{"user_id":1,"x": 1.0 ,"user":{"id":1,"name":"Ada"}}`,
				`{"user_id":3 , "a":"\u0061","user":{"id":3,"name":"Edsger"}}`,
				`{ "\u00e9":1 ,"us\u0065r_id": 3,"user":{"id":3,"name":"Edsger"}}`,
				`{"user_id":3,"user":{"id":3,"name":"Edsger"}}`,
			},
		},
		{
			name: "policies", stages: `
  user: {source: shop, by: event.user_id, query: "SELECT id, plan_id FROM users WHERE id IN ($keys)", key: id, on_missing: dead_letter}
  plan: {source: shop, by: user.plan_id, query: "SELECT id, price FROM plans WHERE id IN ($keys)", key: id, on_missing: drop, into: user.plan}`,
			events: []string{`{"user_id":1}`, `{"user_id":2}`, `{"user_id":3}`, `{"user_id":4}`, `{"user_id":null}`},
			want: []string{
				`{"event":{"user_id":1},"user":{"id":1,"plan_id":"pro","plan":{"id":"pro","price":900}}}`,
				"dropped", "dropped",
				"missing in stage user: no row has the key that event.user_id holds",
				"missing in stage user: event.user_id is absent or null",
			},
		},
		{
			name: "errors that are kept", stages: `
  user: {source: shop, by: event.user_id, query: "SELECT id, name FROM users WHERE id IN ($keys)", key: id, on_error: keep}
  plan: {source: shop, by: user.name, query: "SELECT id, price FROM plans WHERE id IN ($keys)", key: id, on_error: keep}`,
			events: []string{`{"user_id":true}`, `{"user_id":1}`},
			want: []string{
				`{"event":{"user_id":true},"user":null,"plan":null} loaderline.degraded: user=error,plan=error`,
				`{"event":{"user_id":1},"user":{"id":1,"name":"Ada"},"plan":null}`,
			},
		},
		{
			name: "lists of the event, and lists of lists", stages: `
  bought: {source: shop, by: "event.items[].product", query: "SELECT product_id AS _key, id FROM reviews WHERE product_id IN ($keys) ORDER BY id", many: true}
  author: {source: shop, by: "bought[][].id", query: "SELECT id, author FROM reviews WHERE id IN ($keys)", key: id, into: "bought[][].review"}
  person: {source: shop, by: "event.items[].who", query: "SELECT id, name FROM users WHERE id IN ($keys)", key: id}`,
			events: []string{`{"items":[{"product":101,"who":1},{"product":7},{"product":100,"who":8}]}`, `{"items":[]}`, `{}`},
			want: []string{
				`{"event":{"items":[{"product":101,"who":1},{"product":7},{"product":100,"who":8}]},` +
					`"bought":[[{"id":52,"review":{"id":52,"author":1}}],[],[{"id":50,"review":{"id":50,"author":2}},{"id":51,"review":{"id":51,"author":9}}]],` +
					`"person":[{"id":1,"name":"Ada"},null,null]}`,
				`{"event":{"items":[]},"bought":[],"person":[]}`,
				`{"event":{},"bought":[],"person":[]}`,
			},
		},
		{
			name: "a composite key", stages: `
  tenant: {source: shop, by: [event.tenant, event.id], query: "SELECT tenant, id, name FROM tenants WHERE (tenant, id) IN ($keys)", key: [tenant, id]}`,
			events: []string{`{"tenant":"a","id":1}`, `{"tenant":"b","id":"01"}`, `{"tenant":"a"}`, `{"tenant":"a","id":{}}`},
			want: []string{
				`{"event":{"tenant":"a","id":1},"tenant":{"tenant":"a","id":1,"name":"one of a"}}`,
				`{"event":{"tenant":"b","id":"01"},"tenant":{"tenant":"b","id":1,"name":"one of b"}}`,
				`{"event":{"tenant":"a"},"tenant":null}`,
				`key in stage tenant: event.id: an object cannot be a key: a key is a string, a number or a boolean`,
			},
		},
		{
			name: "a number of a row as the next key", stages: `
  user: {source: shop, by: event.id, query: "SELECT id, id * 3.5 AS rate FROM users WHERE id IN ($keys)", key: id}
  rate: {source: shop, by: user.rate, query: "SELECT id * 3.5 AS _key, id, name FROM users WHERE id * 3.5 IN ($keys)", key_type: numeric}
  back: {source: shop, by: rate.id, query: "SELECT id * 1.0 AS _key, name FROM users WHERE id IN ($keys)", key_type: bigint}`,
			events: []string{`{"id":1.0}`, `{"id":20e-1}`},
			want: []string{
				`{"event":{"id":1.0},"user":{"id":1,"rate":3.5},"rate":{"id":1,"name":"Ada"},"back":{"name":"Ada"}}`,
				`{"event":{"id":20e-1},"user":{"id":2,"rate":7},"rate":{"id":2,"name":"Grace \"G\""},"back":{"name":"Grace \"G\""}}`,
			},
		},
		{
			name: "a list over a list with gaps", stages: `
  revs: {source: shop, by: "event.revs[].id", query: "SELECT id, author FROM reviews WHERE id IN ($keys)", key: id, on_error: keep}
  authors: {source: shop, by: "revs[].author", query: "SELECT id, name FROM users WHERE id IN ($keys)", key: id, on_error: keep}
  again: {source: shop, by: "revs[].author", query: "SELECT id, plan_id FROM users WHERE id IN ($keys)", key: id, on_error: keep, into: "revs[].again"}`,
			events: []string{`{"revs":[{"id":50},{"id":999},{"id":52}]}`, `{"revs":[{"id":50},{"id":1.5},{"id":52}]}`},
			want: []string{
				`{"event":{"revs":[{"id":50},{"id":999},{"id":52}]},` +
					`"revs":[{"id":50,"author":2,"again":{"id":2,"plan_id":null}},null,{"id":52,"author":1,"again":{"id":1,"plan_id":"pro"}}],` +
					`"authors":[{"id":2,"name":"Grace \"G\""},null,{"id":1,"name":"Ada"}]}`,
				`{"event":{"revs":[{"id":50},{"id":1.5},{"id":52}]},` +
					`"revs":[{"id":50,"author":2,"again":{"id":2,"plan_id":null}},null,{"id":52,"author":1,"again":{"id":1,"plan_id":"pro"}}],` +
					`"authors":[{"id":2,"name":"Grace \"G\""},null,{"id":1,"name":"Ada"}]} loaderline.degraded: revs=error,authors=error,again=error`,
			},
		},
		{
			name: "a list over lists of rows with gaps", stages: `
  bought: {source: shop, by: "event.items[].product", query: "SELECT product_id AS _key, id FROM reviews WHERE product_id IN ($keys) ORDER BY id", many: true, on_error: keep}
  author: {source: shop, by: "bought[][].id", query: "SELECT id, author FROM reviews WHERE id IN ($keys)", key: id, into: "bought[][].review", on_error: keep}`,
			events: []string{`{"items":[{"product":7},{"product":1.5},{"product":101}]}`},
			want: []string{
				`{"event":{"items":[{"product":7},{"product":1.5},{"product":101}]},` +
					`"bought":[[],null,[{"id":52,"review":{"id":52,"author":1}}]]} loaderline.degraded: bought=error,author=error`,
			},
		},
		{
			name: "a missing element decides for the stage over it", stages: `
  revs: {source: shop, by: "event.revs[].id", query: "SELECT id, author FROM reviews WHERE id IN ($keys)", key: id}
  authors: {source: shop, by: "revs[].author", query: "SELECT id, name FROM users WHERE id IN ($keys)", key: id, on_missing: dead_letter}`,
			events: []string{`{"revs":[{"id":50},{"id":999}]}`},
			want:   []string{`missing in stage authors: revs[].author is absent or null`},
		},
		{
			name: "a field at a result's place, in a column", stages: `
  user: {source: shop, by: event.user_id, query: "SELECT id, profile FROM profiles WHERE id IN ($keys)", key: id}
  plan: {source: shop, by: user.profile.plan, query: "SELECT id, price FROM plans WHERE id IN ($keys)", key: id, into: user.profile.plan}`,
			events: []string{`{"user_id":1}`},
			want:   []string{`lookup in stage user: there is a field at user.profile.plan already, where the result of stage plan goes`},
		},
		{
			name: "two results in one row", stages: userStage + purchasesStage + reviewsStage + `
  owner: {source: shop, by: event.user_id, query: "SELECT id, name FROM users WHERE id IN ($keys)", key: id, into: user.self}
  first: {source: shop, by: "purchases[].id", query: "SELECT id, user_id FROM purchases WHERE id IN ($keys)", key: id, into: "purchases[].again"}`,
			events: []string{`{"user_id":3}`},
			want: []string{`{"event":{"user_id":3},"user":{"id":3,"name":"Edsger","self":{"id":3,"name":"Edsger"}},` +
				`"purchases":[{"id":13,"product_id":102,"reviews":[],"again":{"id":13,"user_id":3}}]}`},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			shape := c.shape
			if shape == "" {
				shape = "nest"
			}
			if diff := cmp.Diff(c.want, enrich(t, open(t, shape, c.stages), c.events...)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// One bulk call for each stage and batch with a cold cache, and none with a warm one.
func TestBackendCalls(t *testing.T) {
	p := open(t, "nest", strings.ReplaceAll(userStage+purchasesStage+reviewsStage, "source: shop", "source: shop, cache: {ttl: 1m}"))
	var documents []jsonenrich.Document
	for i := range 1000 {
		d, err := p.Config.Decode(loaderline.Record{Value: fmt.Appendf(nil, `{"user_id":%d}`, i%5)})
		if err != nil {
			t.Fatal(err)
		}
		documents = append(documents, d)
	}
	for _, want := range []int{1, 0} {
		for _, s := range p.Config.Plan.Run(t.Context(), documents).Stats() {
			if s.Calls != want {
				t.Errorf("%d calls for %s, not %d", s.Calls, s.Stage, want)
			}
		}
	}
}

func TestStagesThatAskTheSameShareALoader(t *testing.T) {
	p := open(t, "nest", strings.ReplaceAll(userStage, "  user:", "  buyer:")+strings.ReplaceAll(strings.ReplaceAll(userStage, "  user:", "  seller:"), "user_id", "seller_id"))
	d, err := p.Config.Decode(loaderline.Record{Value: []byte(`{"user_id":1,"seller_id":2}`)})
	if err != nil {
		t.Fatal(err)
	}
	rows := p.Config.Plan.Run(t.Context(), []jsonenrich.Document{d})
	calls := 0
	for _, s := range rows.Stats() {
		calls += s.Calls
	}
	if calls != 1 {
		t.Errorf("%d calls", calls)
	}
	want := `{"event":{"user_id":1,"seller_id":2},"buyer":{"id":1,"name":"Ada"},"seller":{"id":2,"name":"Grace \"G\""}}`
	if got := published(p.Config.Encode(rows.At(0))); got != want {
		t.Error(got)
	}
}

// A small event can ask for the same row many times over. What is too large for its topic is not made first.
func TestAnOutputThatIsTooLargeIsNotMade(t *testing.T) {
	p := open(t, "nest", `
  user: {source: shop, by: "event.l[]", query: "SELECT id, name FROM users WHERE id IN ($keys)", key: id}`)
	p.Config.OnLimits(func(string) int { return 1000 })
	event := `{"l":[` + strings.Repeat("1,", 100_000) + `1]}`
	d, err := p.Config.Decode(loaderline.Record{Value: []byte(event)})
	if err != nil {
		t.Fatal(err)
	}
	row := p.Config.Plan.Run(t.Context(), []jsonenrich.Document{d}).At(0)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got := published(p.Config.Encode(row))
	runtime.ReadMemStats(&after)
	if want := "too_large: what the stages found has more than the 1000 bytes that topic out takes"; got != want {
		t.Error(got)
	}
	if made := after.TotalAlloc - before.TotalAlloc; made > 100_000 {
		t.Errorf("%d bytes were allocated for it", made)
	}
}
