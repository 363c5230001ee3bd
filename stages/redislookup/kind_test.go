package redislookup_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/redislookup"
)

func TestValues(t *testing.T) {
	t.Parallel()
	client, redis, prefix := shared(t)
	for _, tc := range []struct {
		name, kind, stored string
		want               string
		fails              string
	}{
		{"text", redislookup.String, `a "b"` + "\n", `"a \"b\"\n"`, ""},
		{"empty text", redislookup.String, "", `""`, ""},
		{"the default kind", "", "5", `"5"`, ""},
		{"text that is not UTF-8", redislookup.String, "a\xff", "", "the value is not UTF-8"},
		{"numbers keep their digits", redislookup.JSON, ` [ 9007199254740993 , 1.50, 1e2 ] `, `[9007199254740993,1.50,1e2]`, ""},
		{"escapes stay", redislookup.JSON, `{"a" : "\u0061 b"}`, `{"a":"\u0061 b"}`, ""},
		{"null", redislookup.JSON, "null", "null", ""},
		{"not JSON", redislookup.JSON, "{'canary': 1}", "", "the value is not JSON, at byte 1"},
		{"JSON that ends early", redislookup.JSON, `{"canary":`, "", "the value is not JSON"},
		{"a member twice", redislookup.JSON, `{"canary":1,"canary":2}`, "", "the value has a name twice in one object, the second at byte 12"},
		{"nothing", redislookup.JSON, "", "", "the value is not JSON"},
		{"JSON that is not UTF-8", redislookup.JSON, "\"\xff\"", "", "the value is not JSON"},
		{"too deep", redislookup.JSON, strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000), "", "the value is nested more than 10,000 levels deep"},
		{"half a surrogate", redislookup.JSON, `"\ud800"`, "", "the value has an invalid surrogate pair, at byte 1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if err := redis.Set(t.Context(), prefix+tc.name, tc.stored, 0).Err(); err != nil {
				t.Fatal(err)
			}
			l := prepare(t, client, redislookup.Query{Key: prefix + "$key", Kind: tc.kind})
			key := lookup.Key(lookupkey.AppendString(nil, tc.name))
			b := load(t, l, key, `"missing"`)
			r := b.Result(0)
			if tc.fails == "" && (r.State != stages.Loaded || string(r.Value) != tc.want) {
				t.Errorf("%v %s (%v), want %s", r.State, r.Value, r.Err, tc.want)
			}
			if tc.fails != "" && (stages.ClassOf(r.Err) != stages.Permanent || !strings.HasPrefix(r.Err.Error(), tc.fails)) {
				t.Errorf("%v: %v, want a permanent failure: %s", r.State, r.Err, tc.fails)
			}
			if r.Err != nil && strings.Contains(r.Err.Error(), "canary") {
				t.Errorf("the error shows what is stored: %v", r.Err)
			}
			if b.Result(1).State != stages.Missing {
				t.Errorf("the key beside it is %v, want missing", b.Result(1).State)
			}
		})
	}
}

func TestWrongTypeFailsAlone(t *testing.T) {
	t.Parallel()
	client, redis, prefix := shared(t)
	redis.Set(t.Context(), prefix+"text", "{}", 0)
	redis.HSet(t.Context(), prefix+"hash", "a", "1")
	for _, tc := range []struct {
		kind      string
		good, bad lookup.Key
	}{
		{redislookup.String, `"text"`, `"hash"`},
		{redislookup.JSON, `"text"`, `"hash"`},
		{redislookup.Hash, `"hash"`, `"text"`},
	} {
		b := load(t, prepare(t, client, redislookup.Query{Key: prefix + "$key", Kind: tc.kind}), tc.bad, tc.good, `"missing"`)
		e, ok := errors.AsType[lookup.Error](b.Result(0).Err)
		if !ok || e.Code() != "WRONGTYPE" || stages.ClassOf(b.Result(0).Err) != stages.Permanent {
			t.Errorf("%s: %v: %v, want a permanent WRONGTYPE", tc.kind, b.Result(0).State, b.Result(0).Err)
		}
		if b.Result(1).State != stages.Loaded || b.Result(2).State != stages.Missing {
			t.Errorf("%s: the others are %v and %v", tc.kind, b.Result(1).State, b.Result(2).State)
		}
	}
}

func TestManyWantsLists(t *testing.T) {
	t.Parallel()
	client, redis, prefix := shared(t)
	redis.Set(t.Context(), prefix+"list", " [1, {}]", 0)
	redis.Set(t.Context(), prefix+"object", "{}", 0)
	b := load(t, prepare(t, client, redislookup.Query{Key: prefix + "$key", Kind: redislookup.JSON, Many: true}), `"list"`, `"object"`, `"missing"`)
	if got := string(b.Result(0).Value); got != "[1,{}]" {
		t.Errorf("the list is %s", got)
	}
	if err := b.Result(1).Err; stages.ClassOf(err) != stages.Permanent || !strings.Contains(fmt.Sprint(err), "not a list") {
		t.Errorf("the object: %v, want a permanent error", err)
	}
	if b.Result(2).State != stages.Missing {
		t.Errorf("the missing key is %v", b.Result(2).State)
	}
}

func TestHashIsAnObject(t *testing.T) {
	t.Parallel()
	client, redis, prefix := shared(t)
	l := prepare(t, client, redislookup.Query{Key: prefix + "$key", Kind: redislookup.Hash})
	rapid.Check(t, func(rt *rapid.T) {
		fields := rapid.MapOfN(rapid.String(), rapid.String(), 1, 20).Draw(rt, "fields")
		if err := redis.Del(t.Context(), prefix+"h").Err(); err != nil {
			rt.Fatal(err)
		}
		if err := redis.HSet(t.Context(), prefix+"h", fields).Err(); err != nil {
			rt.Fatal(err)
		}
		value := load(t, l, `"h"`).Result(0).Value
		var got map[string]string
		if err := json.Unmarshal(value, &got); err != nil || !maps.Equal(got, fields) {
			rt.Errorf("%s is %v (%v), want %v", value, got, err, fields)
		}
		if again := load(t, l, `"h"`).Result(0).Value; string(again) != string(value) {
			rt.Errorf("%s and then %s: the fields have no order", value, again)
		}
	})
	redis.HSet(t.Context(), prefix+"b", "f", "\xff")
	if r := load(t, l, `"b"`).Result(0); stages.ClassOf(r.Err) != stages.Permanent {
		t.Errorf("a field that is not UTF-8: %v %v, want a permanent failure", r.State, r.Err)
	}
}

func TestKeyTemplates(t *testing.T) {
	t.Parallel()
	client, redis, prefix := shared(t)
	for _, tc := range []struct {
		template string
		types    []string
		key      lookup.Key
		stored   string
	}{
		{"user:$key", nil, `"a b"`, "user:a b"},
		{"$key", []string{"bigint"}, "7", "7"},
		{"{user:$key}:profile", []string{"bigint"}, "7", "{user:7}:profile"},
		{"$key:$key", []string{"text", "bigint"}, `["t,]\"1",5]`, `t,]"1:5`},
		{"user:$key", nil, `"[1]"`, "user:[1]"},
		{"user:$key", []string{"boolean"}, "true", "user:true"},
	} {
		redis.Set(t.Context(), prefix+tc.stored, "here", 0)
		l := prepare(t, client, redislookup.Query{Key: prefix + tc.template, KeyType: tc.types})
		if r := load(t, l, tc.key).Result(0); string(r.Value) != `"here"` {
			t.Errorf("%s with %s: %v %v, want what %s holds", tc.template, tc.key, r.State, r.Err, tc.stored)
		}
	}
	for _, tc := range []struct {
		q    redislookup.Query
		want string
	}{
		{redislookup.Query{}, "stage lookup: there is no key"},
		{redislookup.Query{Name: "user", Key: "user:"}, `stage user: the key "user:" has no $key`},
		{redislookup.Query{Key: "$key:$key"}, "has $key 2 times, and key_type says 1 type"},
		{redislookup.Query{Key: "$key", Kind: "list"}, `unknown kind "list": it is string, json or hash`},
		{redislookup.Query{Key: "user:$keys"}, `the key "user:$keys" has a letter or digit right behind $key`},
		{redislookup.Query{Key: "$key", Kind: redislookup.Hash, Many: true}, "only values of kind json"},
		{redislookup.Query{Key: "$key", KeyType: []string{"x"}}, `unknown key type "x"`},
	} {
		_, err := client.Lookup(t.Context(), tc.q)
		if err == nil || !strings.Contains(err.Error(), tc.want) || stages.ClassOf(err) != stages.Fatal {
			t.Errorf("Lookup(%+v): %v, want a fatal error: %s", tc.q, err, tc.want)
		}
	}
}
