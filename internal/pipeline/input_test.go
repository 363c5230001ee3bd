package pipeline_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline"
)

// tenantsBy is a stage with a composite key.
func tenantsBy(first, second string) string {
	return `
  tenant: {source: shop, by: ["` + first + `", "` + second + `"], query: "SELECT tenant, id, name FROM tenants WHERE (tenant, id) IN ($keys)", key: [tenant, id]}`
}

func TestKeysOfRecords(t *testing.T) {
	record := func(key string, headers ...string) loaderline.Record {
		r := loaderline.Record{
			Topic: "events", Partition: 3, Offset: 1, Key: []byte(key), Value: []byte(`{"id":1,"email":" ADA ","ids":[{"id":1},{"id":2}]}`),
			Timestamp: time.UnixMilli(1_700_000_000_123),
		}
		if key == "" {
			r.Key = nil
		}
		for i := 0; i < len(headers); i += 2 {
			r.Headers = append(r.Headers, kgo.RecordHeader{Key: headers[i], Value: []byte(headers[i+1])})
		}
		return r
	}
	const event = `{"event":{"id":1,"email":" ADA ","ids":[{"id":1},{"id":2}]},`
	for _, c := range []struct {
		name, input, stages string
		record              loaderline.Record
		want                string
	}{
		{"the key", "", strings.Replace(userStage, "event.user_id", "record.key", 1), record("2"), event + `"user":{"id":2,"name":"Grace \"G\""}}`},
		{"no key", "", strings.Replace(userStage, "event.user_id", "record.key", 1), record(""), event + `"user":null}`},
		{"an integer key", ", key_format: integer", strings.Replace(userStage, "event.user_id", "record.key", 1), record("2"), event + `"user":{"id":2,"name":"Grace \"G\""}}`},
		{"a member of a key", ", key_format: json", strings.Replace(userStage, "event.user_id", "record.key.user", 1), record(`{"user":2}`), event + `"user":{"id":2,"name":"Grace \"G\""}}`},
		{"a key that is not text", "", strings.Replace(userStage, "event.user_id", "record.key", 1), record("\xff"), `decode: the record's key is not text (UTF-8)`},
		{"a key that is no integer", ", key_format: integer", strings.Replace(userStage, "event.user_id", "record.key", 1), record("1.5"), `decode: the record's key is not a whole number in decimal digits, such as 42`},
		{"a key that is not JSON", ", key_format: json", strings.Replace(userStage, "event.user_id", "record.key.user", 1), record(`{"user"`), `decode: the record's key is not JSON: unexpected end at byte 7`},
		{"a key without members", ", key_format: json", strings.Replace(userStage, "event.user_id", "record.key.user", 1), record(`7`), `decode: record.key.user: a value on the path in the record's key is not an object`},
		{"a header and the event", "", tenantsBy("record.headers.tenant", "event.id"), record("", "tenant", "x", "tenant", "b"), event + `"tenant":{"tenant":"b","id":1,"name":"one of b"}}`},
		{"a header that is not there", "", tenantsBy("record.headers.tenant", "event.id"), record("", "Tenant", "b"), event + `"tenant":null}`},
		{"a header and a list of the event", "", tenantsBy("record.headers.tenant", "event.ids[].id"), record("", "tenant", "a"), event + `"tenant":[{"tenant":"a","id":1,"name":"one of a"},null]}`},
		{"a single field and a list", "", tenantsBy("record.headers.tenant", "event.ids[].id"), record(""), event + `"tenant":[null,null]}`},
		{"the offset", "", strings.Replace(userStage, "event.user_id", "record.offset", 1), record(""), event + `"user":{"id":1,"name":"Ada"}}`},
		{"the partition", "", strings.Replace(userStage, "event.user_id", "record.partition", 1), record(""), event + `"user":{"id":3,"name":"Edsger"}}`},
		{
			"an expression", "", `
  plan: {source: shop, by: "trim(lower(record.headers.plan))", query: "SELECT id, price FROM plans WHERE id IN ($keys)", key: id}`,
			record("", "plan", " PRO "), event + `"plan":{"id":"pro","price":900}}`,
		},
		{
			"an expression over an earlier result", "", strings.Replace(userStage, "event.user_id", "event.id", 1) + `
  next: {source: shop, by: "user.id + 1", query: "SELECT id, name FROM users WHERE id IN ($keys)", key: id}`,
			record(""), event + `"user":{"id":1,"name":"Ada"},"next":{"id":2,"name":"Grace \"G\""}}`,
		},
		{
			"an expression of nothing", "", `
  plan: {source: shop, by: "lower(event.absent)", query: "SELECT id, price FROM plans WHERE id IN ($keys)", key: id}`,
			record(""), event + `"plan":null}`,
		},
		{
			"an expression that fails", "", `
  plan: {source: shop, by: "lower(event.id)", query: "SELECT id, price FROM plans WHERE id IN ($keys)", key: id}`,
			record(""), `key in stage plan: lower(event.id): number stands where string is wanted`,
		},
		{
			"a condition over the record", "", strings.Replace(userStage, "{source: shop, by: event.user_id", `{source: shop, when: 'record.headers.tenant == "b" && record.timestamp > date("2023-11-14") && record.topic == "events"', by: event.id`, 1),
			record("", "tenant", "b"), event + `"user":{"id":1,"name":"Ada"}}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := openWith(t, c.input, "", c.stages)
			if got := enrichRecords(t, p, c.record); got[0] != c.want {
				t.Errorf("got  %s\nwant %s", got[0], c.want)
			}
		})
	}
}

func TestEventsThatAreIDs(t *testing.T) {
	for _, c := range []struct {
		format, by   string
		events, want []string
	}{
		{"text", "event", []string{"1", "2", "\xff", "", `a"b`}, []string{
			`{"event":"1","user":{"id":1,"name":"Ada"}}`, `{"event":"2","user":{"id":2,"name":"Grace \"G\""}}`, "decode: the value is not text (UTF-8)",
			`key in stage user: event: "" is not a bigint`, `key in stage user: event: "a\"b" is not a bigint`,
		}},
		{"integer", "event", []string{"1", "-7", "007", "x", "", "123456789012345678901234567890"}, []string{
			`{"event":1,"user":{"id":1,"name":"Ada"}}`, `{"event":-7,"user":null}`, "decode: the value is not a whole number in decimal digits, such as 42",
			"decode: the value is not a whole number in decimal digits, such as 42", "decode: the value is not a whole number in decimal digits, such as 42",
			`key in stage user: event: 123456789012345678901234567890 is out of range for a bigint`,
		}},
		{"integer", "event + 1", []string{"1"}, []string{`{"event":1,"user":{"id":2,"name":"Grace \"G\""}}`}},
		{"text", "replace(event, 'u-', '')", []string{"u-1"}, []string{`{"event":"u-1","user":{"id":1,"name":"Ada"}}`}},
	} {
		t.Run(c.format+" "+c.by, func(t *testing.T) {
			p := openWith(t, ", format: "+c.format, "", strings.Replace(userStage, "event.user_id", `"`+c.by+`"`, 1))
			if diff := cmp.Diff(c.want, enrich(t, p, c.events...)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhere(t *testing.T) {
	p := openWith(t, `, where: 'event.type != "heartbeat" && record.headers.test != "true"'`, "", userStage)
	test := loaderline.Record{Value: []byte(`{"user_id":1}`), Headers: []kgo.RecordHeader{{Key: "test", Value: []byte("true")}}}
	got := append(enrich(t, p, `{"user_id":1}`, `{"user_id":1,"type":"heartbeat"}`, `{"user_id":1,"type":{"x":1}}`, `[]`), enrichRecords(t, p, test)...)
	want := []string{
		`{"event":{"user_id":1},"user":{"id":1,"name":"Ada"}}`, "filtered", `{"event":{"user_id":1,"type":{"x":1}},"user":{"id":1,"name":"Ada"}}`,
		"decode: the value is not a JSON object but a list", "filtered",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	p = openWith(t, `, where: 'event.amount > 100'`, "", userStage)
	want = []string{
		"decode: input.where: invalid operation: string > number",
		"decode: input.where: event.amount: a number has more than 64 bits, and cannot be compared exactly", "filtered",
	}
	if diff := cmp.Diff(want, enrich(t, p, `{"amount":"x"}`, `{"amount":99999999999999999999}`, `{}`)); diff != "" {
		t.Error(diff)
	}
}

func TestWrongInput(t *testing.T) {
	for _, c := range []struct{ input, stages, want string }{
		{", where: 'event.type ='", userStage, "input.where: = does not compare"},
		{", where: 'event.type'", userStage, ""},
		{", where: 'record.offset + 1'", userStage, "input.where: the condition is not a boolean"},
		{", where: 'user.id == 1'", userStage, "input.where: unknown name user; a field begins with event or record"},
		{", where: 'record.value == 1'", userStage, "input.where: a record has no value"},
		{", where: 'record.offset == \"1\"'", userStage, "input.where: invalid operation"},
		{", format: text", userStage, "stages.user.by: with input.format: text the event is the ID itself and has no members; write event"},
		{", format: text, where: 'event.x == 1'", strings.Replace(userStage, "event.user_id", "event", 1), "input.where: "},
		{", format: integer", strings.Replace(userStage, "key: id}", "key: id, into: event.user}", 1), "has no members"},
	} {
		_, err := parse(with(c.input, "", "shop.db", c.stages))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.input, err, c.want)
		}
	}
}

func TestResultsInTheEvent(t *testing.T) {
	const product = `
  product: {source: shop, by: "event.items[].id", query: "SELECT id, price FROM plans WHERE id IN ($keys)", key: id, into: "event.items[].product"}`
	for _, c := range []struct {
		name, shape, stages, event, want string
	}{
		{
			"in a list", "nest", product + strings.Replace(userStage, "event.user_id", "event.user", 1),
			`{ "user":1, "items": [ {"id":"pro", "n":1.50}, {}, {"id":"x"}, null ], "z":0 }`,
			`{"event":{ "user":1, "items": [ {"id":"pro", "n":1.50,"product":{"id":"pro","price":900}}, {"product":null}, {"id":"x","product":null}, null ], "z":0 },"user":{"id":1,"name":"Ada"}}`,
		},
		{
			"in an object", "nest", strings.Replace(userStage, "key: id}", "key: id, into: event.customer.user}", 1),
			`{"user_id":3,"customer":{}}`, `{"event":{"user_id":3,"customer":{"user":{"id":3,"name":"Edsger"}}}}`,
		},
		{
			"in an object that is not there", "nest", strings.Replace(userStage, "key: id}", "key: id, into: event.customer.user}", 1),
			`{"user_id":3}`, `{"event":{"user_id":3}}`,
		},
		{
			"at the top, merged", "merge", strings.Replace(userStage, "key: id}", "key: id, into: event.user}", 1) + purchasesStage,
			`{"user_id":3,"purchases":0} `, `{"user_id":3,"user":{"id":3,"name":"Edsger"},"purchases":[{"id":13,"product_id":102}]}`,
		},
		{
			"a field that is there", "nest", product, `{"items":[{"id":"pro","product":1}]}`,
			`decode: there is a field at event.items[].product already, where the result of stage product goes`,
		},
		{
			"with results in it", "nest", `
  users: {source: shop, by: "event.users[].id", query: "SELECT id, plan_id FROM users WHERE id IN ($keys)", key: id, into: "event.users[].user"}
  plans: {source: shop, by: "users[].plan_id", query: "SELECT id, price FROM plans WHERE id IN ($keys)", key: id, into: "users[].plan"}`,
			`{"users":[{"id":1},{"id":9},{"id":3}]}`,
			`{"event":{"users":[{"id":1,"user":{"id":1,"plan_id":"pro","plan":{"id":"pro","price":900}}},{"id":9,"user":null},{"id":3,"user":{"id":3,"plan_id":"none","plan":null}}]}}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := open(t, c.shape, c.stages)
			for range 2 { // The second time everything is cached.
				if got := enrich(t, p, c.event, c.event); got[0] != c.want || got[1] != c.want {
					t.Errorf("got  %s\nwant %s", strings.Join(got, "\n     "), c.want)
				}
			}
		})
	}
}
