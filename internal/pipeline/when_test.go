package pipeline_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/jsonenrich"
	"github.com/loaderline/loaderline/internal/strictyaml"
)

// under gives a stage a condition.
func under(condition, stage string) string {
	return strings.Replace(stage, "{source: shop", "{source: shop, when: '"+condition+"'", 1)
}

func TestWhen(t *testing.T) {
	for _, c := range []struct {
		name, stages string
		events, want []string
	}{
		{
			name:   "over the event, and what comes after it",
			stages: userStage + under(`event.type == "order"`, strings.ReplaceAll(purchasesStage, "many: true", "many: true, on_missing: dead_letter")) + reviewsStage,
			events: []string{`{"user_id":3,"type":"order"}`, `{"user_id":3,"type":"view"}`, `{"user_id":3}`, `{"type":"view"}`},
			want: []string{
				`{"event":{"user_id":3,"type":"order"},"user":{"id":3,"name":"Edsger"},"purchases":[{"id":13,"product_id":102,"reviews":[]}]}`,
				`{"event":{"user_id":3,"type":"view"},"user":{"id":3,"name":"Edsger"},"purchases":[]}`,
				`{"event":{"user_id":3},"user":{"id":3,"name":"Edsger"},"purchases":[]}`,
				`{"event":{"type":"view"},"user":null,"purchases":[]}`,
			},
		},
		{
			name: "nothing is missing where a stage does not run",
			stages: `
  user: {source: shop, when: event.known, by: event.user_id, query: "SELECT id, plan_id FROM users WHERE id IN ($keys)", key: id, on_missing: dead_letter}
  plan: {source: shop, by: user.plan_id, query: "SELECT id, price FROM plans WHERE id IN ($keys)", key: id, on_missing: dead_letter, into: user.plan}
  rebate: {source: shop, by: user.plan_id, query: "SELECT id, price FROM plans WHERE id IN ($keys)", key: id, on_missing: drop}`,
			events: []string{`{"user_id":7}`, `{"user_id":7,"known":false}`, `{"user_id":7,"known":true}`, `{"user_id":1,"known":true}`},
			want: []string{
				`{"event":{"user_id":7},"user":null,"rebate":null}`,
				`{"event":{"user_id":7,"known":false},"user":null,"rebate":null}`,
				`missing in stage user: no row has the key that event.user_id holds`,
				`{"event":{"user_id":1,"known":true},"user":{"id":1,"plan_id":"pro","plan":{"id":"pro","price":900}},"rebate":{"id":"pro","price":900}}`,
			},
		},
		{
			name: "over earlier results",
			stages: userStage + `
  bought: {source: shop, by: event.user_id, query: "SELECT user_id AS _key, product_id AS p FROM purchases WHERE user_id IN ($keys) ORDER BY id", many: true}
  plan: {source: shop, when: 'user.name startsWith "A" && len(bought) > 2 && any(bought, .p == event.p)', by: event.plan, query: "SELECT id, price FROM plans WHERE id IN ($keys)", key: id}`,
			events: []string{`{"user_id":1,"plan":"pro","p":101}`, `{"user_id":1,"plan":"pro","p":7}`, `{"user_id":3,"plan":"pro","p":102}`, `{"plan":"pro"}`},
			want: []string{
				`{"event":{"user_id":1,"plan":"pro","p":101},"user":{"id":1,"name":"Ada"},"bought":[{"p":100},{"p":101},{"p":100}],"plan":{"id":"pro","price":900}}`,
				`{"event":{"user_id":1,"plan":"pro","p":7},"user":{"id":1,"name":"Ada"},"bought":[{"p":100},{"p":101},{"p":100}],"plan":null}`,
				`{"event":{"user_id":3,"plan":"pro","p":102},"user":{"id":3,"name":"Edsger"},"bought":[{"p":102}],"plan":null}`,
				`{"event":{"plan":"pro"},"user":null,"bought":[],"plan":null}`,
			},
		},
		{
			name: "into a list",
			stages: purchasesStage + under("event.full", reviewsStage) + `
  first: {source: shop, when: event.full, by: "purchases[].id", query: "SELECT id, user_id FROM purchases WHERE id IN ($keys)", key: id, into: "purchases[].again"}`,
			events: []string{`{"user_id":3,"full":true}`, `{"user_id":3}`},
			want: []string{
				`{"event":{"user_id":3,"full":true},"purchases":[{"id":13,"product_id":102,"reviews":[],"again":{"id":13,"user_id":3}}]}`,
				`{"event":{"user_id":3},"purchases":[{"id":13,"product_id":102,"reviews":[],"again":null}]}`,
			},
		},
		{
			name:   "that cannot be evaluated",
			stages: under("event.amount > 100", userStage) + under("event.amount > 100", strings.Replace(purchasesStage, "many: true", "many: true, on_error: keep", 1)),
			events: []string{`{"user_id":3,"amount":"200"}`, `{"user_id":3,"amount":1e300}`, `{"user_id":3,"amount":null}`},
			want: []string{
				`key in stage user: when: invalid operation: string > number`,
				`key in stage user: when: event.amount: a number with a fraction or an exponent is too large to be compared exactly`,
				`{"event":{"user_id":3,"amount":null},"user":null,"purchases":[]}`,
			},
		},
		{
			name:   "over its budget",
			stages: under("any(event.items, any(event.items, .x == -1))", userStage),
			events: []string{`{"user_id":3,"items":[{}` + strings.Repeat(",{}", 2000) + `]}`, `{"user_id":3,"items":[{"x":-1}]}`},
			want: []string{
				`key in stage user: pipeline.yaml:10:30: stages.user.when: the condition any(event.items, any(event.items, .x == -1)): it takes more than 1000000 steps for one event, each an element that it visits or 64 bytes of text that it reads or builds`,
				`{"event":{"user_id":3,"items":[{"x":-1}]},"user":{"id":3,"name":"Edsger"}}`,
			},
		},
		{
			name: "after a stage that failed",
			stages: `
  user: {source: shop, by: event.user_id, query: "SELECT id, name FROM users WHERE id IN ($keys)", key: id, on_error: keep}` +
				under("user.name != null", strings.Replace(purchasesStage, "many: true", "many: true, on_error: keep", 1)) + `
  again: {source: shop, when: user.name.first == 1, by: event.id, query: "SELECT id, name FROM users WHERE id IN ($keys)", key: id}`,
			events: []string{`{"user_id":1.5}`, `{"user_id":1}`},
			want: []string{
				`lookup in stage again: a stage that its key or its condition comes from has failed`,
				`key in stage again: when: user.name.first: a value on the path is not an object`,
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := enrich(t, open(t, "nest", c.stages), c.events...)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Only the keys of events that a stage runs for are loaded.
func TestWhenSparesCalls(t *testing.T) {
	p := open(t, "nest", under("event.type == 1", userStage))
	var documents []jsonenrich.Document
	for _, e := range []string{`{"user_id":1,"type":1}`, `{"user_id":2}`, `{"user_id":3,"type":2}`} {
		d, err := p.Config.Decode(loaderline.Record{Value: []byte(e)})
		if err != nil {
			t.Fatal(err)
		}
		documents = append(documents, d)
	}
	if s := p.Config.Plan.Run(t.Context(), documents).Stats()[0]; s.Unique != 1 || s.Loaded != 1 {
		t.Errorf("%+v", s)
	}
	if s := p.Config.Plan.Run(t.Context(), documents[1:]).Stats()[0]; s.Unique != 0 || s.Calls != 0 {
		t.Errorf("%+v", s)
	}
}

func TestWrongConditionsAreFoundAtCheck(t *testing.T) {
	for _, c := range []struct{ name, stages, want string }{
		{"syntax", under("event.x ==", userStage), `pipeline.yaml:10:40: stages.user.when: the expression ends too early; its last value or a closing bracket is missing`},
		{"a name", under("event.x == 1 and evnt.y", userStage), `pipeline.yaml:10:48: stages.user.when: unknown name evnt; a field begins with event or record`},
		{"itself", under("user.x == 1", userStage), `pipeline.yaml:10:31: stages.user.when: unknown name user; a field begins with event or record`},
		{"a function", under("shout(event.x)", userStage), `unknown name shout; a field begins with event or record`},
		{"no boolean", under("len(event.x)", userStage), `the condition is not a boolean but has type int; compare it with something`},
		{"several lines", strings.Replace(userStage, "{source: shop", "{source: shop, when: \"event.x ==\\n\\n1 1\"", 1), `line 3, column 3: unexpected token Number("1")`},
		{"nothing", under(" ", userStage), `" " cannot be used; a condition is an expression such as event.amount > 100`},
		{
			"a list of results", strings.Replace(userStage, "event.user_id", `"event.ids[]"`, 1) + under("user.x", purchasesStage),
			`stages.purchases.when: the result of user is a list, with one row for each element of event.ids[]: a condition looks at the event and at stages with one result for it`,
		},
		{
			"a field of a list", purchasesStage + under("purchases.id > 1", userStage),
			`the result of purchases is a list of rows: write any(purchases, .id == ...) or len(purchases) > 0`,
		},
		{
			"another stage's result", userStage + stage("plan", "event.plan", "user.plan") + under("user.plan.id == 1", purchasesStage),
			`user.plan is where the result of stage plan goes: write plan.id`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := layout("nest", "shop.db", c.stages)
			if err == nil || !strings.HasSuffix(err.Error(), c.want) {
				t.Errorf("%v\nwant %s", err, c.want)
			}
			if _, ok := errors.AsType[*strictyaml.Error](err); !ok {
				t.Errorf("%T has no place in the file", err)
			}
		})
	}
}
