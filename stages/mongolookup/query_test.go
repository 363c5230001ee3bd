package mongolookup_test

import (
	"fmt"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/mongolookup"
)

func TestQueriesThatAreRefused(t *testing.T) {
	t.Parallel()
	client := open(t, mongolookup.Config{URI: "mongodb://127.0.0.1:1/", Database: "app"})
	const in = `{"a": {"$in": "$keys"}}`
	for _, tc := range []struct {
		q    mongolookup.Query
		want string
	}{
		{mongolookup.Query{}, "stage lookup: there is no collection"},
		{mongolookup.Query{Name: "user", Collection: "c"}, "stage user: there is no find"},
		{mongolookup.Query{Collection: "c", Find: `{"a"`}, "find is not an object of Extended JSON"},
		{mongolookup.Query{Collection: "c", Find: `[1]`}, "find is not an object of Extended JSON"},
		{mongolookup.Query{Collection: "c", Find: `{"a": 1}`}, "find has no $keys"},
		{mongolookup.Query{Collection: "c", Find: `{"a": {"$in": "$keys"}, "b": {"$in": "$keys"}}`}, "find has $keys twice"},
		{mongolookup.Query{Collection: "c", Find: `{"a": "$keys"}`}, `find compares a with $keys, which are many keys: write {"a": {"$in": "$keys"}}`},
		{mongolookup.Query{Collection: "c", Find: `{"a": {"$in": ["$keys"]}}`}, "$keys stands in brackets"},
		{mongolookup.Query{Collection: "c", Find: `{"a": {"$regex": "x$keys"}}`}, "$keys within a text"},
		{mongolookup.Query{Collection: "c", Find: `{"a": {"$nin": "$keys"}}`}, "$keys stands below $nin"},
		{mongolookup.Query{Collection: "c", Find: `{"a": {"$not": {"$in": "$keys"}}}`}, "$keys stands below $not or $nor"},
		{mongolookup.Query{Collection: "c", Find: `{"a": {"$elemMatch": {"$or": "$keys"}}}`}, "$or with $keys stands below a in find"},
		{mongolookup.Query{Collection: "c", Find: `{"$or": "$keys"}`}, "key is required for $or"},
		{mongolookup.Query{Collection: "c", Find: in, Key: []string{"b"}}, "find compares the keys with a, and key says b"},
		{mongolookup.Query{Collection: "c", Find: in, Key: []string{"a.x", "b"}}, "key: b is not a field of a"},
		{mongolookup.Query{Collection: "c", Find: `{"$or": "$keys"}`, Key: []string{"a", "$b"}}, `key: "$b" is not a path of names`},
		{mongolookup.Query{Collection: "c", Find: in, KeyType: []string{"text", "text"}}, "the key has 1 field, and key_type says 2 types"},
		{mongolookup.Query{Collection: "c", Find: in, KeyType: []string{"x"}}, `unknown key type "x"`},
		{mongolookup.Query{Collection: "c", Find: in, KeyType: []string{"citext"}}, "key_type citext: MongoDB tells upper from lower case"},
		{mongolookup.Query{Collection: "c", Find: in, KeyType: []string{"char"}}, "key_type char: MongoDB counts trailing spaces"},
		{mongolookup.Query{Collection: "c", Find: in, KeyType: []string{"date"}}, "key_type date: dates of MongoDB are moments"},
		{mongolookup.Query{Collection: "c", Find: in, Sort: `1`}, "sort is not an object"},
		{mongolookup.Query{Collection: "c", Find: in, Project: `{"b": 1, "c": 0}`}, "project names fields to take and fields to leave out"},
		{mongolookup.Query{Collection: "c", Find: in, Project: `{"a.b": 1}`}, "project takes a part of a, which holds the key"},
	} {
		_, err := client.Lookup(t.Context(), tc.q)
		if err == nil || !strings.Contains(err.Error(), tc.want) || stages.ClassOf(err) != stages.Fatal {
			t.Errorf("Lookup(%+v): %v, want a fatal error: %s", tc.q, err, tc.want)
		}
	}
}

// TestFilters are what keys become in a filter.
func TestFilters(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		q    mongolookup.Query
		keys []lookup.Key
		want string // none: nothing is asked
	}{
		{mongolookup.Query{Find: `{"a": {"$in": "$keys"}, "b": {"$date": "2024-02-29T00:00:00Z"}}`}, []lookup.Key{`"x"`, `5`, `true`}, `{"a":{"$in":["x",5,true]},"b":{"$date":"2024-02-29T00:00:00Z"}}`},
		{mongolookup.Query{Find: `{"$and": [{"a.b": {"$in": "$keys"}}, {"c": 1}]}`}, []lookup.Key{`"x"`}, `{"$and":[{"a.b":{"$in":["x"]}},{"c":1}]}`},
		{mongolookup.Query{Find: `{"a": {"$in": "$keys"}}`}, []lookup.Key{`0.5`}, `{"a":{"$in":[{"$numberDecimal":"0.5"},0.5]}}`},
		{mongolookup.Query{Find: `{"a": {"$in": "$keys"}}`, KeyType: []string{"numeric"}}, []lookup.Key{`12`, `"0.10000000000000000001"`}, `{"a":{"$in":[12,{"$numberDecimal":"0.10000000000000000001"}]}}`},
		{mongolookup.Query{Find: `{"a": {"$in": "$keys"}}`, KeyType: []string{"numeric"}}, []lookup.Key{`18446744073709551616`}, `{"a":{"$in":[{"$numberDecimal":"18446744073709551616"},1.8446744073709552E+19]}}`},
		{mongolookup.Query{Find: `{"a": {"$in": "$keys"}}`, KeyType: []string{"objectid"}}, []lookup.Key{`"65f0c0ffee0123456789abcd"`}, `{"a":{"$in":[{"$oid":"65f0c0ffee0123456789abcd"}]}}`},
		{mongolookup.Query{Find: `{"a": {"$in": "$keys"}}`, KeyType: []string{"timestamptz"}}, []lookup.Key{`"2024-02-29T23:30:00.12Z"`, `"2024-02-29T23:30:00.123456Z"`}, `{"a":{"$in":[{"$date":"2024-02-29T23:30:00.12Z"}]}}`},
		{mongolookup.Query{Find: `{"a": {"$in": "$keys"}}`, KeyType: []string{"timestamptz"}}, []lookup.Key{`"2024-02-29T23:30:00.123456Z"`}, ""},
		{mongolookup.Query{Find: `{"$or": "$keys"}`, Key: []string{"a.b"}}, []lookup.Key{`1`, `2`}, `{"$or":[{"a.b":1},{"a.b":2}]}`},
		{mongolookup.Query{Find: `{"$or": "$keys", "on": true}`, Key: []string{"t", "i"}, KeyType: []string{"text", "bigint"}}, []lookup.Key{`["a",1]`, `["b]",2]`}, `{"$or":[{"t":"a","i":1},{"t":"b]","i":2}],"on":true}`},
		{mongolookup.Query{Find: `{"_id": {"$in": "$keys"}}`, Key: []string{"_id.t", "_id.i"}, KeyType: []string{"text", "numeric"}}, []lookup.Key{`["a","0.5"]`}, `{"_id":{"$in":[{"t":"a","i":{"$numberDecimal":"0.5"}},{"t":"a","i":0.5}]}}`},
	} {
		s := finding(t)
		tc.q.Collection = "rows"
		l := prepare(t, open(t, mongolookup.Config{URI: s.uri, Database: "app"}), tc.q)
		b := load(t, l, tc.keys...)
		if b.Result(0).State != stages.Missing {
			t.Errorf("%s is %v, want missing", tc.keys[0], b.Result(0).State)
		}
		var got string
		if commands := s.commands(); len(commands) > 0 {
			got = extended(t, commands[0].Lookup("filter").Document())
		}
		if got != tc.want {
			t.Errorf("%+v, keys %s: the filter is %s, want %s", tc.q, tc.keys, got, tc.want)
		}
	}
}

// extended is a document as relaxed Extended JSON.
func extended(tb testing.TB, d bson.Raw) string {
	tb.Helper()
	text, err := bson.MarshalExtJSON(d, false, false)
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}

// TestProjections are what a projection reads for the key, and what a value then has.
func TestProjections(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		key           []string
		project       string
		asked         string
		answer, value string
	}{
		{[]string{"a"}, ``, ``, `{"_id":1,"a":"k","n":2}`, `{"_id":1,"a":"k","n":2}`},
		{[]string{"a"}, `{"n": 1}`, `{"n":1,"a":1}`, `{"_id":1,"n":2,"a":"k"}`, `{"_id":1,"n":2}`},
		{[]string{"a"}, `{"n": true, "_id": 0}`, `{"n":true,"_id":0,"a":1}`, `{"n":2,"a":"k"}`, `{"n":2}`},
		{[]string{"a"}, `{"n": 1, "a": 1}`, `{"n":1,"a":1}`, `{"n":2,"a":"k"}`, `{"n":2,"a":"k"}`},
		{[]string{"_id"}, `{"n": 1}`, `{"n":1}`, `{"_id":"k","n":2}`, `{"_id":"k","n":2}`},
		{[]string{"_id"}, `{"n": 1, "_id": 0}`, `{"n":1,"_id":1}`, `{"_id":"k","n":2}`, `{"n":2}`},
		{[]string{"_id"}, `{"_id": 0}`, `{}`, `{"_id":"k","n":2}`, `{"n":2}`},
		{[]string{"a"}, `{"a": 0, "m": 0}`, `{"m":0}`, `{"_id":1,"a":"k","n":2}`, `{"_id":1,"n":2}`},
		{[]string{"a.b"}, `{"a": 0}`, `{}`, `{"a":{"b":"k","c":1},"n":2}`, `{"n":2}`},
		{[]string{"a.b"}, `{"a.b": 0}`, `{}`, `{"a":{"b":"k","c":1},"n":2}`, `{"a":{"c":1},"n":2}`},
		{[]string{"a.b"}, `{"a.c": 1}`, `{"a.c":1,"a.b":1}`, `{"a":{"b":"k","c":1}}`, `{"a":{"c":1}}`},
		{[]string{"a.b"}, `{"a": 1}`, `{"a":1}`, `{"a":{"b":"k"}}`, `{"a":{"b":"k"}}`},
		{[]string{"a.b"}, `{"n": 1}`, `{"n":1,"a.b":1}`, `{"a":[{"b":"k"},{"b":"l"}],"n":2}`, `{"n":2}`},
		{[]string{"a.b"}, `{"a.c": 1}`, `{"a.c":1,"a.b":1}`, `{"a":[{"b":"k","c":1},{"b":"l"},7]}`, `{"a":[{"c":1},{},7]}`},
		{[]string{"a"}, `{"n": {"$slice": 2}}`, `{"n":{"$slice":2}}`, `{"a":"k","n":[1,2]}`, `{"a":"k","n":[1,2]}`},
		{[]string{"a"}, `{"n": {"$elemMatch": {"x": 1}}}`, `{"n":{"$elemMatch":{"x":1}},"a":1}`, `{"n":[1],"a":"k"}`, `{"n":[1]}`},
		{[]string{"a", "b"}, `{"n": 1}`, `{"n":1,"a":1,"b":1}`, `{"n":2,"a":"k","b":"k"}`, `{"n":2}`},
		{[]string{"a.x", "a.y"}, `{"a": 0}`, `{}`, `{"n":2,"a":{"x":"k","y":"k"}}`, `{"n":2}`},
	} {
		s := finding(t, document(t, tc.answer))
		find, key := fmt.Sprintf(`{"%s": {"$in": "$keys"}}`, tc.key[0]), lookup.Key(`"k"`)
		if len(tc.key) > 1 {
			find, key = `{"$or": "$keys"}`, `["k","k"]`
		}
		l := prepare(t, open(t, mongolookup.Config{URI: s.uri, Database: "app"}), mongolookup.Query{
			Collection: "rows", Find: find, Project: tc.project, Key: tc.key, KeyType: []string{"text", "text"}[:len(tc.key)],
		})
		expect(t, l, map[lookup.Key]string{key: tc.value})
		asked := ""
		if value, err := s.commands()[0].LookupErr("projection"); err == nil {
			asked = extended(t, value.Document())
		}
		if asked != tc.asked {
			t.Errorf("key %s, project %s: asked for %s, want %s", tc.key, tc.project, asked, tc.asked)
		}
	}
}
