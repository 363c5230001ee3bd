package grpclookup_test

import (
	"context"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/loaderline/loaderline/internal/grpctest"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/grpclookup"
	"github.com/loaderline/loaderline/stages/lookup"
)

func TestAnswers(t *testing.T) {
	t.Parallel()
	code := grpclookup.Query{Items: "data.items", Value: "row.body", Error: "code", PermanentErrors: []string{"13"}}
	word := grpclookup.Query{Items: "data.items", Value: "row.body", Error: "word", PermanentErrors: []string{"BAD"}}
	enum := grpclookup.Query{Items: "data.items", Value: "row.body", Error: "error_kind"}
	status := grpclookup.Query{Items: "data.items", Value: "row.body", Error: "status"}
	for _, tc := range []struct {
		name     string
		q        grpclookup.Query
		response string
		want     [3]string // of the keys 1, 2 and 3
		extra    int
	}{
		{name: "out of order", q: grpclookup.Query{Items: "rows", Key: []string{"n"}}, response: `{"rows": [{"n": 3, "body": "c"}, {"n": 9}, {"n": 1}]}`, want: [3]string{`{"n":1,"body":""}`, "missing", `{"n":3,"body":"c"}`}, extra: 1},
		{name: "no rows", q: products(), response: `{"data": {}}`, want: [3]string{"missing", "missing", "missing"}},
		{name: "two rows", q: grpclookup.Query{Items: "rows", Key: []string{"n"}, Value: "body"}, response: `{"rows": [{"n": 1}, {"n": 1}, {"n": 2}]}`, want: [3]string{"failed 1 ", `""`, "missing"}},
		{name: "many rows", q: grpclookup.Query{Items: "rows", Key: []string{"n"}, Value: "body", Many: true}, response: `{"rows": [{"n": 1}, {"n": 2, "body": "b"}, {"n": 1, "body": "a"}]}`, want: [3]string{`["","a"]`, `["b"]`, "missing"}},
		{name: "no value", q: grpclookup.Query{Items: "data.items", Value: "row"}, response: `{"data": {"items": [{"id": 1}, {"id": 2, "row": {}}]}}`, want: [3]string{"missing", `{"n":0,"body":""}`, "missing"}},
		{name: "lists within lists", q: grpclookup.Query{Items: "data.groups[].items", Value: "name"}, response: `{"data": {"groups": [{"items": [{"id": 1, "name": "a"}]}, {}, {"items": [{"id": 3}]}]}}`, want: [3]string{`"a"`, "missing", `""`}},
		{name: "a key in a message", q: grpclookup.Query{Items: "data.items", Key: []string{"ref.id"}, Value: "name"}, response: `{"data": {"items": [{"ref": {"id": 2}, "name": "b"}]}}`, want: [3]string{"missing", `"b"`, "missing"}},
		{name: "a key of another type", q: grpclookup.Query{Items: "data.items", Key: []string{"name"}, Value: "row"}, response: `{"data": {"items": [{"name": "2", "row": {}}]}}`, want: [3]string{"missing", `{"n":0,"body":""}`, "missing"}},
		{name: "a map", q: grpclookup.Query{Items: "by_id"}, response: `{"by_id": {"2": {"n": 5}, "7": {}}}`, want: [3]string{"missing", `{"n":5,"body":""}`, "missing"}, extra: 1},
		{name: "a map with values", q: grpclookup.Query{Items: "by_id", Value: "body"}, response: `{"by_id": {"2": {"body": "b"}}}`, want: [3]string{"missing", `"b"`, "missing"}},
		{name: "a map with lists", q: grpclookup.Query{Items: "lists", Value: "rows", Many: true}, response: `{"lists": {"1": {"rows": [{"n": 1}, {"n": 2}]}, "3": {}}}`, want: [3]string{`[{"n":1,"body":""},{"n":2,"body":""}]`, "missing", "missing"}},
		{name: "codes by number", q: code, response: `{"data": {"items": [{"id": 1, "row": {"body": "a"}}, {"id": 2, "code": 5}, {"id": 3, "code": 14}]}}`, want: [3]string{`"a"`, "missing", "failed 0 UNAVAILABLE"}},
		{name: "codes of rights", q: code, response: `{"data": {"items": [{"id": 1, "code": 7}, {"id": 2, "code": 13}, {"id": 3, "code": 404}]}}`, want: [3]string{"failed 1 PERMISSION_DENIED", "failed 1 13", "failed 0 404"}},
		{name: "codes by name", q: word, response: `{"data": {"items": [{"id": 1, "word": "NOT_FOUND"}, {"id": 2, "word": "INVALID_ARGUMENT"}, {"id": 3, "word": "OK", "row": {"body": "c"}}]}}`, want: [3]string{"missing", "failed 1 INVALID_ARGUMENT", `"c"`}},
		{name: "words", q: word, response: `{"data": {"items": [{"id": 1, "word": "BAD"}, {"id": 2, "word": "BUSY"}, {"id": 3, "word": "canary 1"}]}}`, want: [3]string{"failed 1 BAD", "failed 0 BUSY", "failed 0 "}},
		{name: "an enum", q: enum, response: `{"data": {"items": [{"id": 1, "row": {"body": "a"}}, {"id": 2, "error_kind": "NOT_FOUND"}, {"id": 3, "error_kind": "BOOK"}]}}`, want: [3]string{`"a"`, "missing", "failed 0 BOOK"}},
		{name: "statuses", q: status, response: `{"data": {"items": [{"id": 1, "row": {"body": "a"}, "status": {}}, {"id": 2, "status": {"code": 5, "message": "canary"}}, {"id": 3, "status": {"code": 8}}]}}`, want: [3]string{`"a"`, "missing", "failed 0 RESOURCE_EXHAUSTED"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			tc.q.Method = method
			b := load(t, asking(t, tc.q, says(tc.response)), "1", "2", "3")
			for i, want := range tc.want {
				if got := outcome(b.Result(i)); got != want {
					t.Errorf("%s is %s (%v), want %s", b.Keys[i], got, b.Result(i).Err, want)
				}
			}
			if b.Extra() != tc.extra {
				t.Errorf("%d rows were not asked for, want %d", b.Extra(), tc.extra)
			}
		})
	}
}

// A message that is not there may be one that was not sent: that is no list without rows.
func TestALostListIsUnusable(t *testing.T) {
	t.Parallel()
	if err := fails(t, asking(t, products(), says(`{}`)), stages.Unusable, ""); err.Error() != "the answer to shop.Catalog/GetProducts has no list at data.items: correct items" {
		t.Error(err)
	}
}

// A service with other descriptors sends what is no message of the method.
func TestAResponseOfAnotherMethodIsUnusable(t *testing.T) {
	t.Parallel()
	s := grpc.NewServer(grpc.UnknownServiceHandler(func(_ any, stream grpc.ServerStream) error {
		if err := stream.RecvMsg(wrapperspb.String("")); err != nil {
			return err
		}
		return stream.SendMsg(wrapperspb.String("canary"))
	}))
	l := prepare(t, open(t, grpclookup.Config{Address: grpctest.Listen(t, s), Files: catalog(t)}), products())
	_ = fails(t, l, stages.Unusable, "")
}

// Keys that a field cannot hold fail alone, before the call.
func TestUnfitKeys(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		request, item, keyType string
		good, bad              lookup.Key
	}{
		{"unsigned", "unsigned", "", "18446744073709551615", "-1"},
		{"unsigned", "unsigned", "", "7", `"1.5"`},
		{"kinds", "kind", "", `"BOOK"`, `"canary"`},
		{"smalls", "small", "bigint", "5", "2147483648"},
		{"hashes", "hash", "", `"aGk="`, `"?"`},
	} {
		q := grpclookup.Query{Method: method, Request: `{"` + tc.request + `": "$keys"}`, Items: "data.items", Key: []string{tc.item}, Value: "row"}
		if tc.keyType != "" {
			q.KeyType = []string{tc.keyType}
		}
		response := `{"data": {"items": [{"` + tc.item + `": ` + string(tc.good) + `, "row": {}}]}}`
		calls := 0
		l := asking(t, q, func(_ context.Context, _ []byte) (string, error) {
			calls++
			return response, nil
		})
		b := load(t, l, tc.bad, tc.good)
		if got := outcome(b.Result(0)) + " " + outcome(b.Result(1)); got != `failed 1  {"n":0,"body":""}` {
			t.Errorf("%s: %s (%v)", tc.request, got, b.Result(0).Err)
		}
		if err := b.Result(0).Err; err == nil || len(err.Error()) > 200 {
			t.Errorf("%s: %v", tc.request, err)
		}
		if b = load(t, l, tc.bad); outcome(b.Result(0)) != "failed 1 " || calls != 1 {
			t.Errorf("%s: a call without keys that fit was made, or %s", tc.request, outcome(b.Result(0)))
		}
	}
}
