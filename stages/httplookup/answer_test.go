package httplookup_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/httplookup"
	"github.com/loaderline/loaderline/stages/lookup"
)

// outcome is a key's result in a line.
func outcome(r stages.Result[[]byte]) string {
	switch r.State {
	case stages.Loaded:
		return string(r.Value)
	case stages.Failed:
		code := ""
		if e, ok := errors.AsType[lookup.Error](r.Err); ok {
			code = e.Code()
		}
		return fmt.Sprintf("failed %d %s", stages.ClassOf(r.Err), code)
	default:
		return "missing"
	}
}

func TestANumberIsAKeyHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	client := open(t, httplookup.Config{URL: "http://localhost"})
	for _, tc := range []struct {
		keyType, answer string
		key             lookup.Key
	}{
		{"bigint", `[{"id":7.0}]`, "7"},
		{"bigint", `[{"id":0.7e1}]`, "7"},
		{"numeric", `[{"id":7.250}]`, `"7.25"`},
		{"numeric", `[{"id":"7.250"}]`, `"7.25"`},
		{"any", `[{"id":7.250}]`, "7.25"},
		{"text", `[{"id":7.0}]`, `"7"`},
	} {
		l := prepare(t, client, httplookup.Query{KeyType: []string{tc.keyType}})
		b := stages.NewBatch[lookup.Key, []byte]([]lookup.Key{tc.key})
		if err := httplookup.Decode(l, []byte(tc.answer), b); err != nil || b.Result(0).State != stages.Loaded {
			t.Errorf("%s %s: %v (%v), want it loaded", tc.keyType, tc.answer, b.Result(0).State, err)
		}
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	client := open(t, httplookup.Config{URL: "http://localhost"})
	wrapped := httplookup.Query{Items: "items", Value: "value", Error: "error", PermanentErrors: []string{"INVALID", "500"}}
	named, namedValues := httplookup.Query{Named: true, Items: "d"}, httplookup.Query{Named: true, Value: "v", Error: "e"}
	for _, tc := range []struct {
		name   string
		q      httplookup.Query
		answer string
		want   []string // of the keys 1, "1" and true
		extra  int
		err    string
	}{
		{name: "a list", answer: ` [ {"id" : 1 , "n": 9007199254740993} ] `, want: []string{`{"id":1,"n":9007199254740993}`, "missing", "missing"}},
		{name: "out of order", answer: `[{"id":true},{"id":"1"},{"id":1}]`, want: []string{`{"id":1}`, `{"id":"1"}`, `{"id":true}`}},
		{name: "nobody asked", answer: `[{"id":7},{"id":1.5},{"id":{}},{"id":1}]`, want: []string{`{"id":1}`, "missing", "missing"}, extra: 3},
		{name: "no items", answer: `[]`, want: []string{"missing", "missing", "missing"}},
		{name: "null is an empty list", answer: `null`, want: []string{"missing", "missing", "missing"}},
		{name: "gaps", answer: `[null, {"id":1}, null]`, want: []string{`{"id":1}`, "missing", "missing"}},
		{name: "two items", answer: `[{"id":1},{"id":1,"again":true},{"id":true}]`, want: []string{"failed 1 ", "missing", `{"id":true}`}},
		{name: "many", q: httplookup.Query{Many: true}, answer: `[{"id":1},{"id":true},{"id":1 ,"b":2}]`, want: []string{`[{"id":1},{"id":1,"b":2}]`, "missing", `[{"id":true}]`}},
		{name: "many lists", q: httplookup.Query{Items: "groups[].items"}, answer: `{"groups":[{"items":[{"id":1}]},{"items":[]},{"items":[{"id":true}]}]}`, want: []string{`{"id":1}`, "missing", `{"id":true}`}},
		{name: "an escaped name", q: httplookup.Query{Items: `"a b".c`}, answer: `{"\u0061 b":{"c":[{"i\u0064":1}]}}`, want: []string{`{"i\u0064":1}`, "missing", "missing"}},
		{name: "no value", q: wrapped, answer: `{"items":[{"id":1,"value":null},{"id":"1"},{"id":true,"value":false}]}`, want: []string{"missing", "missing", "false"}},
		{name: "item statuses", q: wrapped, answer: `{"items":[{"id":1,"error":404},{"id":"1","error":429},{"id":true,"error":"422"}]}`, want: []string{"missing", "failed 0 429", "failed 1 422"}},
		{name: "item rights", q: wrapped, answer: `{"items":[{"id":1,"error":403},{"id":"1","error":503},{"id":true,"error":500}]}`, want: []string{"failed 1 403", "failed 0 503", "failed 1 500"}},
		{name: "item words", q: wrapped, answer: `{"items":[{"id":1,"error":"INVALID"},{"id":"1","error":"BUSY"},{"id":true,"error":{"at":"10.0.0.1"}}]}`, want: []string{"failed 1 INVALID", "failed 0 BUSY", "failed 0 "}},
		{name: "no errors", q: wrapped, answer: `{"items":[{"id":1,"error":"","value":1},{"id":"1","error":[],"value":2},{"id":true,"error":200,"value":3}]}`, want: []string{"1", "2", "3"}},
		{name: "an item without a key", answer: `[{"id":1},{"error":"which?"}]`, want: []string{`{"id":1}`, "open", "open"}, err: "an item of the answer to POST /users has no key at id: correct key"},
		{name: "an item that is no object", answer: `[1]`, want: []string{"open", "open", "open"}, err: "an item of the answer to POST /users has no key at id: correct key"},
		{name: "no list", answer: `{"message":"canary"}`, want: []string{"open", "open", "open"}, err: "the answer to POST /users has an object and not a list: write response: {items: PATH} with the path to it, or response: {named: true} if its names are the keys"},
		{name: "no list at the path", q: wrapped, answer: `{"item":[]}`, want: []string{"open", "open", "open"}, err: "the answer to POST /users has no list at items: correct response.items"},
		{name: "an object for a list", q: wrapped, answer: `{"items":{"id":1}}`, want: []string{"open", "open", "open"}, err: "the answer to POST /users has an object and not a list at items: correct response.items, or response: {named: true} if its names are the keys"},
		{name: "text on the way", q: httplookup.Query{Items: "a.b"}, answer: `{"a":"canary"}`, want: []string{"open", "open", "open"}, err: "the answer to POST /users has no list at a.b: correct response.items"},
		{name: "not JSON", answer: `[{"id":1},canary]`, want: []string{"open", "open", "open"}, err: "the answer to POST /users is not JSON, at byte 10"},
		{name: "a name twice", answer: `[{"id":1,"id":2}]`, want: []string{"open", "open", "open"}, err: "the answer to POST /users has a name twice in one object, the second at byte 9"},
		{name: "cut off", answer: `[{"id":1},`, want: []string{"open", "open", "open"}, err: "the answer to POST /users is not JSON, at byte 10"},
		{name: "not a number", answer: `[{"id":1,"score":NaN}]`, want: []string{"open", "open", "open"}, err: "the answer to POST /users is not JSON, at byte 17"},
		{name: "a number", answer: `5`, want: []string{"open", "open", "open"}, err: "the answer to POST /users has a number and not a list: write response: {items: PATH} with the path to it"},
		{name: "empty", answer: ``, want: []string{"missing", "missing", "missing"}},
		{name: "a byte order mark", answer: "\xef\xbb\xbf[{\"id\":1}]", want: []string{`{"id":1}`, "missing", "missing"}},
		{name: "nothing but a byte order mark", answer: "\xef\xbb\xbf\r\n", want: []string{"missing", "missing", "missing"}},
		{name: "named", q: named, answer: ` {"d" : {"x":{"name":"?"},"1": {"name" : "Ada"},"tr\u0075e":null}}`, want: []string{`{"name":"Ada"}`, "missing", "missing"}, extra: 1},
		{name: "named with values", q: namedValues, answer: `{"1":{"v":"a"},"true":{"e":422}}`, want: []string{`"a"`, "missing", "failed 1 422"}},
		{name: "named lists", q: httplookup.Query{Named: true, Many: true}, answer: `{"1":[{"a": 1},{"a":2}],"true":[]}`, want: []string{`[{"a":1},{"a":2}]`, "missing", "missing"}},
		{name: "no named list", q: httplookup.Query{Named: true, Many: true}, answer: `{"1":{"a":1},"true":[1]}`, want: []string{"failed 1 ", "missing", "[1]"}},
		{name: "null is an empty object", q: named, answer: `{"d":null}`, want: []string{"missing", "missing", "missing"}},
		{name: "a list for names", q: named, answer: `{"d":[{"id":1}]}`, want: []string{"open", "open", "open"}, err: "the answer to POST /users has a list and not an object at d: correct response.items, or leave out named"},
		{name: "no names", q: named, answer: `{}`, want: []string{"open", "open", "open"}, err: "the answer to POST /users has no object at d: correct response.items"},
		{name: "a name of two items", q: named, answer: `{"d":{"1":{},"1":{}}}`, want: []string{"open", "open", "open"}, err: "the answer to POST /users has a name twice in one object, the second at byte 13"},
		{name: "too deep", answer: strings.Repeat("[", 20_000), want: []string{"open", "open", "open"}, err: "the answer to POST /users is nested more than 10,000 levels deep"},
		{name: "half a surrogate", answer: `[{"id":"\ud800"}]`, want: []string{"open", "open", "open"}, err: "the answer to POST /users has an invalid surrogate pair, at byte "},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.q.Path = "/users?token=canary"
			l := prepare(t, client, tc.q)
			keys := []lookup.Key{"1", `"1"`, "true"}
			if tc.q.Named {
				keys = []lookup.Key{`"1"`, `"2"`, `"true"`}
			}
			b := stages.NewBatch[lookup.Key, []byte](keys)
			err := httplookup.Decode(l, []byte(tc.answer), b)
			if (err == nil) != (tc.err == "") || err != nil && (!strings.HasPrefix(err.Error(), tc.err) || strings.Contains(err.Error(), "canary")) {
				t.Errorf("the error is %v, want %q", err, tc.err)
			}
			if err != nil && stages.ClassOf(err) != stages.Unusable {
				t.Errorf("the error is of class %d, want unusable", stages.ClassOf(err))
			}
			for i, want := range tc.want {
				if got := outcome(b.Result(i)); want != "open" && got != want {
					t.Errorf("%s: %s (%v), want %s", b.Keys[i], got, b.Result(i).Err, want)
				}
			}
			if b.Extra() != tc.extra {
				t.Errorf("%d items were not asked for, want %d", b.Extra(), tc.extra)
			}
		})
	}
}

func TestCompositeKeys(t *testing.T) {
	t.Parallel()
	l := prepare(t, open(t, httplookup.Config{URL: "http://localhost"}), httplookup.Query{
		Key: []string{"tenant", "user.id"}, KeyType: []string{"text", "bigint"},
	})
	b := stages.NewBatch[lookup.Key, []byte]([]lookup.Key{`["t1",5]`, `["t2",5]`})
	if err := httplookup.Decode(l, []byte(`[{"tenant":"t2","user":{"id":"005"}}]`), b); err != nil {
		t.Fatal(err)
	}
	if got := outcome(b.Result(0)) + " " + outcome(b.Result(1)); got != `missing {"tenant":"t2","user":{"id":"005"}}` {
		t.Error(got)
	}
}

// FuzzAnswer compares the decoder with one that knows nothing of offsets.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{
		`{"items":[{"id":1,"v":{"a":[1, 2]}},{"id":"1","v":null},{"id":true}]}`, `{"items":[null,{"id":1,"v":1},{"id":1,"v":2}]}`,
		`{"items":null}`, `{"items":[{}]}`, `{"items":[{"id":1,"e":503},{"id":"1","e":"x"}]}`, `[]`, `{"items":[[{"id":1}]]}`, `{"\u0069tems":[]}`, "",
	} {
		f.Add([]byte(seed))
	}
	client, err := httplookup.Open(f.Context(), httplookup.Config{URL: "http://localhost"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		l := prepare(t, client, httplookup.Query{Items: "items", Value: "v", Error: "e", Many: true})
		b := stages.NewBatch[lookup.Key, []byte]([]lookup.Key{"1", `"1"`, "true"})
		if err := httplookup.Decode(l, body, b); err != nil {
			if stages.ClassOf(err) != stages.Unusable {
				t.Errorf("%q: %v is not unusable", body, err)
			}
			return
		}
		var answer struct {
			Items []map[string]json.RawMessage `json:"items"`
		}
		body = bytes.Trim(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")), " \t\r\n")
		if err := json.Unmarshal(body, &answer); err != nil && len(body) > 0 {
			t.Fatalf("%q was understood, and is not what it should be: %v", body, err)
		}
		for i, key := range b.Keys {
			var values []string
			failed := false
			for _, item := range answer.Items {
				if !sameKey(item["id"], key) {
					continue
				}
				e := string(item["e"])
				failed = failed || e != "" && e != "null"
				if v := item["v"]; v != nil && string(v) != "null" {
					var compact bytes.Buffer
					if err := json.Compact(&compact, v); err != nil {
						t.Fatal(err)
					}
					values = append(values, compact.String())
				}
			}
			if failed {
				continue // What an error says is the table's to check.
			}
			want := "missing"
			if values != nil {
				want = "[" + strings.Join(values, ",") + "]"
			}
			if got := outcome(b.Result(i)); got != want {
				t.Errorf("%q: %s is %s, want %s", body, key, got, want)
			}
		}
	})
}

func sameKey(raw json.RawMessage, key lookup.Key) bool {
	canonical, err := lookupkey.Any.Canonical(raw)
	return err == nil && canonical == key
}
