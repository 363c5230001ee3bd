package pipeline_test

import (
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/pipeline"
)

// purchasesOfUsers is the stages of most tests of outputs.
const purchasesOfUsers = userStage + purchasesStage + reviewsStage

func TestOutput(t *testing.T) {
	const event = `{"user_id":1,"amount":20,"vat":0.25,"name":"x\"y","items":[{"sku":"a","n":1},{"sku":"b"},null],"address":{"city":"Bern"},"none":null}`
	for _, c := range []struct{ name, output, stages, event, want string }{
		{
			"paths", `value: {id: event.user_id, place: {city: event.address.city}, who: user.name, all: user, nothing: event.absent.x, none: event.none}`, userStage, event,
			`{"id":1,"place":{"city":"Bern"},"who":"Ada","all":{"id":1,"name":"Ada"},"nothing":null,"none":null}`,
		},
		{"a single path", `value: user`, userStage, event, `{"id":1,"name":"Ada"}`},
		{"the event", `value: {before: event, after: user.name}`, userStage, event, `{"before":` + event + `,"after":"Ada"}`},
		{"constants", `value: {version: 2, kind: '"order"', ok: true, no: null, list: [1, event.user_id, {}], empty: []}`, userStage, event, `{"version":2,"kind":"order","ok":true,"no":null,"list":[1,1,{}],"empty":[]}`},
		{"an expression of the event", `value: {total: event.amount * (1 + event.vat), big: event.amount > 10}`, userStage, event, `{"total":25,"big":true}`},
		{"an expression of results", `value: {n: len(purchases), name: upper(user.name)}`, purchasesOfUsers, event, `{"n":3,"name":"ADA"}`},
		{
			"an expression of both", `value: {x: user.name + " " + string(event.amount), y: event.amount + len(purchases), z: purchases}`, userStage + purchasesStage, event,
			`{"x":"Ada 20","y":23,"z":[{"id":10,"product_id":100},{"id":11,"product_id":101},{"id":12,"product_id":100}]}`,
		},
		{
			"an expression with parts of results", `value: {x: len(purchases) + event.amount, y: "any(purchases, .id == event.user_id + 9)", z: "event.amount > 5 ? len(user.name) : 0", w: event.none ?? len(purchases)}`, userStage + purchasesStage, event,
			`{"x":23,"y":true,"z":3,"w":3}`,
		},
		{"a part that would fail and is not wanted", `value: {x: event.amount > 100 ? upper(user.id) : "no"}`, userStage, event, `{"x":"no"}`},
		{"a part that fails", `value: {x: upper(user.id) + event.name}`, userStage, event, `encode: output.value.x: number stands where string is wanted`},
		{"an expression of nothing", `value: {x: user.absent + 1, y: (user.absent ?? "none")}`, userStage, event, `{"x":null,"y":"none"}`},
		{"lists of the event", `value: {skus: "event.items[].sku", n: "event.items[].n"}`, userStage, event, `{"skus":["a","b",null],"n":[1,null,null]}`},
		{"lists of results", `value: {products: "purchases[].product_id", ratings: "reviews[][].author"}`, purchasesOfUsers, event, `{"products":[100,101,100],"ratings":[2,9,1,2,9]}`},
		{"results in results", `value: {p: "purchases[].reviews[].author", whole: purchases}`, purchasesOfUsers, `{"user_id":3}`, `{"p":[],"whole":[{"id":13,"product_id":102,"reviews":[]}]}`},
		{
			"results in results twice", `value: {p: "purchases[].reviews[].author", whole: purchases, again: purchases, reviews: reviews}`,
			purchasesOfUsers, `{"user_id":1}`, "twice",
		},
		{"a missing result", `value: {user: user, name: user.name, list: purchases, ids: "purchases[].id"}`, userStage + purchasesStage, `{"user_id":9}`, `{"user":null,"name":null,"list":[],"ids":[]}`},
		{"a quoted name", `value: {x: event."user id"}`, userStage, `{"user id":7}`, `{"x":7}`},
		{
			"the record", `value: {t: record.topic, p: record.partition, o: record.offset, at: record.timestamp, k: record.key, h: record.headers.trace, year: record.timestamp.Year()}`, userStage, event,
			`{"t":"events","p":3,"o":42,"at":"2023-11-14T22:13:20.123Z","k":"k1","h":"abc","year":2023}`,
		},
		{"a key", `key: event.name`, userStage, event, `x"y={"event":` + event + `,"user":{"id":1,"name":"Ada"}}`},
		{"a number as key", `key: event.user_id, value: user.name`, userStage, event, `1="Ada"`},
		{"a result as key", `key: user.name, value: user.id`, userStage, event, `Ada=1`},
		{"a key that is null", `key: event.none, value: user.id`, userStage, event, `1`},
		{
			"headers", `value: user.id, headers: {who: user.name, amount: event.amount, none: event.none, sum: event.amount + 1, "a b": event.address}`, userStage, event,
			`1 who: Ada amount: 20 sum: 21 a b: {"city":"Bern"}`,
		},
		{"a route", `routes: [{when: event.amount > 100, topic: large}, {when: 'user.name == "Ada"', topic: ada}], value: user.id`, userStage, event, `ada 1`},
		{"no route", `routes: [{when: event.amount > 100, topic: large}], value: user.id`, userStage, event, `1`},
		{"a route that drops", `routes: [{when: event.amount < 100, drop: true}]`, userStage, event, `dropped`},
		{"a route by a boolean", `routes: [{when: event.vip, topic: vips}], value: user.id`, userStage, `{"user_id":1,"vip":true}`, `vips 1`},
		{"a route by nothing", `routes: [{when: event.vip, topic: vips}], value: user.id`, userStage, event, `1`},
		{
			"each result", `for_each: purchases, value: {p: item.product_id, u: user.name, a: event.amount}, key: item.id, headers: {pid: item.product_id}`, userStage + purchasesStage, event,
			`10={"p":100,"u":"Ada","a":20} pid: 100` + "\n" + `11={"p":101,"u":"Ada","a":20} pid: 101` + "\n" + `12={"p":100,"u":"Ada","a":20} pid: 100`,
		},
		{"each of none", `for_each: purchases, value: item`, userStage + purchasesStage, `{"user_id":2}`, `dropped`},
		{
			"each element of the event", `for_each: event.items, value: {i: item, sku: item.sku, n: (item.n ?? 0) + 1}, routes: [{when: item == null, drop: true}]`, userStage, event,
			`{"i":{"sku":"a","n":1},"sku":"a","n":2}` + "\n" + `{"i":{"sku":"b"},"sku":"b","n":1}`,
		},
		{"each of a filter", `for_each: "filter(event.items, .n == 1)", value: item.sku`, userStage, event, `"a"`},
		{"each with results in it", `for_each: purchases, value: {r: "item.reviews[].author"}`, purchasesOfUsers, event, `{"r":[2,9]}` + "\n" + `{"r":[1]}` + "\n" + `{"r":[2,9]}`},
		{"each of nothing", `for_each: event.absent, value: item`, userStage, event, `dropped`},
		{"each of what is no list", `for_each: event.address, value: item`, userStage, event, `encode: output.for_each: the value is not a list but an object`},
		{"an expression that fails", `value: {user: {x: event.name * 2}}`, userStage, event, `encode: output.value.user.x: invalid operation: string * number`},
		{"an expression of results that fails", `value: {x: user.name * 2}`, userStage, event, `encode: output.value.x: invalid operation: string * number`},
		{"a division by zero", `value: {x: event.amount / (event.amount - 20)}`, userStage, event, `encode: output.value.x: the result is not a finite number; was something divided by zero?`},
		{"a path through a text", `value: {x: event.name.first}`, userStage, event, `encode: output.value.x: event.name.first: a value on the path is not an object`},
		{"a route that fails", `routes: [{when: event.name > 1, topic: x}]`, userStage, event, `encode: output.routes[0].when: invalid operation: string > number`},
		{"a failed list", `for_each: purchases, value: item`, strings.Replace(purchasesStage, "many: true", "many: true, on_error: keep", 1), `{"user_id":"x"}`, `lookup: output.for_each: the list was not loaded, because a lookup has failed`},
		{"a failed result", `value: {x: user.name, n: len(user)}`, strings.Replace(userStage, "key: id}", "key: id, on_error: keep}", 1), `{"user_id":"x"}`, `{"x":null,"n":null} loaderline.degraded: user=error`},
	} {
		t.Run(c.name, func(t *testing.T) {
			record := loaderline.Record{
				Topic: "events", Partition: 3, Offset: 42, Key: []byte("k1"), Value: []byte(c.event), Timestamp: time.UnixMilli(1_700_000_000_123),
				Headers: []kgo.RecordHeader{{Key: "trace", Value: []byte("abc")}},
			}
			if c.want == "twice" {
				const whole = `[{"id":10,"product_id":100,"reviews":[{"id":50,"author":2},{"id":51,"author":9}]},{"id":11,"product_id":101,"reviews":[{"id":52,"author":1}]},{"id":12,"product_id":100,"reviews":[{"id":50,"author":2},{"id":51,"author":9}]}]`
				c.want = `{"p":[2,9,1,2,9],"whole":` + whole + `,"again":` + whole + `,"reviews":[[{"id":50,"author":2},{"id":51,"author":9}],[{"id":52,"author":1}],[{"id":50,"author":2},{"id":51,"author":9}]]}`
			}
			l, err := parse(with("", c.output, shopFile(t), c.stages) + "\ncache: {ttl: 1h}")
			if err != nil {
				t.Fatal(err)
			}
			for _, opts := range []pipeline.Options{{}, {Reuse: true}, {Fresh: true}} {
				p := openOptions(t, l, opts)
				for range 2 { // The second time everything is cached.
					for i, got := range enrichRecords(t, p, record, record, record) {
						if got != c.want {
							t.Errorf("reuse %t, %d got  %s\nwant   %s", opts.Reuse, i, got, c.want)
						}
					}
				}
			}
		})
	}
}

func TestWrongOutputs(t *testing.T) {
	for _, c := range []struct{ output, want string }{
		{`value: {x: evnt.id}`, `output.value.x: unknown name evnt; a field begins with event or record or user or purchases or reviews`},
		{`value: {x: {y: "event.a +"}}`, `output.value.x.y: the expression ends too early`},
		{`value: {x: item.id}`, `output.value.x: unknown name item`},
		{`value: {x: record.value}`, `output.value.x: a record has no value`},
		{`value: {x: purchases.id}`, `output.value.x: the result of purchases is a list of rows: write purchases[].id`},
		{`value: {x: "user[].id"}`, `output.value.x: the result of user is one row: write user.id`},
		{`value: {x: "reviews[].rating"}`, `output.value.x: the result of reviews is a list of lists, one for each element of purchases[]: write reviews[][].rating`},
		{`value: {x: purchases.id + 1}`, `output.value.x: the result of purchases is a list of rows: write map(purchases, .field)`},
		{`value: {x: record.offset + "x"}`, `output.value.x: invalid operation: + (mismatched types int and string)`},
		{`value: {x: 1 / 0}`, `output.value.x: the result is not a finite number`},
		{`value: {x: record.timestamp - record.timestamp}`, `output.value.x: the result is no JSON value`},
		{`key: "[event.a]"`, `output.key: the expression has type list, and this is a single value`},
		{`headers: {h: "{a: 1}"}`, `output.headers.h: the expression has type object, and this is a single value`},
		{`routes: [{when: record.offset, topic: x}]`, `output.routes[0].when: the condition is not a boolean but has type int`},
		{`for_each: purchases`, `output.for_each: nothing says what the record of each element holds`},
		{`for_each: user, value: item`, `output.for_each: the result of user is one row, and not a list`},
		{`for_each: event, value: item`, `output.for_each: event is not a list`},
		{`for_each: record.key, value: item`, `output.for_each: record.key is not a list`},
		{`for_each: len(purchases), value: item`, `output.for_each: the expression has type whole number, and is not a list`},
		{`for_each: item, value: item`, `output.for_each: unknown name item`},
	} {
		_, err := parse(with("", c.output, "shop.db", purchasesOfUsers))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v\nwant %s", c.output, err, c.want)
		}
	}
	_, err := parse(with(", format: text", "shape: merge", "shop.db", strings.Replace(userStage, "event.user_id", "event", 1)))
	if err == nil || !strings.Contains(err.Error(), "output.shape: with input.format: text") {
		t.Error(err)
	}
}
