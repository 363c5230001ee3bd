package httplookup_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/httplookup"
	"github.com/loaderline/loaderline/stages/lookup"
)

func TestAnswersForOneKey(t *testing.T) {
	t.Parallel()
	wrapped := httplookup.Query{Value: "data.user", Error: "error"}
	for _, tc := range []struct {
		name, want string
		q          httplookup.Query
		status     int
		answer     string
	}{
		{"an object", `{"id":7,"n":9007199254740993}`, httplookup.Query{}, 200, ` {"id" : 7, "n": 9007199254740993} `},
		{"a value", `{"a":1}`, wrapped, 201, `{"data":{"user":{"a": 1}}}`},
		{"no value", "missing", wrapped, 200, `{"data":{}}`},
		{"null", "missing", httplookup.Query{}, 200, "null"},
		{"an empty answer", "missing", httplookup.Query{}, 200, ""},
		{"nothing but a byte order mark", "missing", httplookup.Query{}, 200, "\xef\xbb\xbf "},
		{"204", "missing", httplookup.Query{}, 204, ""},
		{"404", "missing", httplookup.Query{}, 404, `<html>`},
		{"410", "missing", httplookup.Query{}, 410, ""},
		{"a status that means missing", "missing", httplookup.Query{Missing: []int{422}}, 422, ""},
		{"an error", "failed 1 422", wrapped, 200, `{"error":422}`},
		{"a list", `[{"a":1},2]`, httplookup.Query{Many: true}, 200, `[{"a": 1}, 2]`},
		{"an empty list", "missing", httplookup.Query{Many: true}, 200, `[ ]`},
		{"no list", "failed 1 ", httplookup.Query{Many: true}, 200, `{"a":1}`},
		{"not JSON", "error 4 ", httplookup.Query{}, 200, `<html>`},
		{"400", "error 1 400", httplookup.Query{}, 400, ""},
		{"401", "error 3 401", httplookup.Query{}, 401, ""},
		{"403", "error 4 403", httplookup.Query{}, 403, ""},
		{"405", "error 4 405", httplookup.Query{}, 405, ""},
		{"a redirect", "error 4 302", httplookup.Query{}, 302, ""},
		{"a part", "error 4 206", httplookup.Query{}, 206, `{}`},
		{"429", "error 0 429", httplookup.Query{}, 429, ""},
		{"503", "error 0 503", httplookup.Query{}, 503, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.q.One, tc.q.Path = true, "/users/$key"
			l := asking(t, tc.q, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(tc.status)
				_, _ = io.WriteString(w, tc.answer)
			})
			b := stages.NewBatch[lookup.Key, []byte]([]lookup.Key{`"canary"`})
			err := l.Load(t.Context(), b)
			got := outcome(b.Result(0))
			if e, ok := errors.AsType[lookup.Error](err); ok {
				got = fmt.Sprintf("error %d %s", stages.ClassOf(err), e.Code())
			}
			if got != tc.want || err != nil && strings.Contains(err.Error(), "canary") {
				t.Errorf("%s (%v), want %s", got, err, tc.want)
			}
		})
	}
}

// A loader that makes a call of each request has a result for each key: one bad key fails alone, whatever it does.
func TestOneBadKeyFailsAlone(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 403, 405, 302, 500} {
		var calls atomic.Int32
		l := asking(t, httplookup.Query{One: true, Path: "/users/$key"}, func(w http.ResponseWriter, r *http.Request) {
			calls.Add(1)
			switch id := strings.TrimPrefix(r.URL.Path, "/users/"); id {
			case "13":
				w.WriteHeader(status)
			case "14":
				w.WriteHeader(http.StatusNotFound)
			default:
				says(`{"id":`+id+`}`)(w, r)
			}
		})
		loader := stages.NewLoader(l, stages.LoaderConfig[lookup.Key, []byte]{MaxBatch: 1})
		plan := stages.Plan[lookup.Key]{MaxElapsed: -1}
		node := stages.One(&plan, loader, stages.By(&plan, func(k lookup.Key) lookup.Key { return k }))
		var keys []lookup.Key
		for i := range 64 {
			keys = append(keys, lookup.Key(fmt.Sprintf(`"%d"`, i)))
		}
		rows := plan.Run(t.Context(), keys)
		for row := range rows.All() {
			want := `{"id":` + strings.Trim(string(row.Event()), `"`) + `}`
			switch row.Event() {
			case `"13"`:
				want = "failed"
			case `"14"`:
				want = "missing"
			}
			if got := outcome(node.Of(row)); !strings.HasPrefix(got, want) {
				t.Errorf("%d: %s is %s, want %s", status, row.Event(), got, want)
			}
		}
		if rows.Err() != nil || rows.Stats()[0].Calls != int(calls.Load()) || calls.Load() > 70 {
			t.Errorf("%d: %v, %d requests and %d calls", status, rows.Err(), calls.Load(), rows.Stats()[0].Calls)
		}
	}
}

// Without such a loader the connections bound the requests at once.
func TestOneKeepsToThePool(t *testing.T) {
	t.Parallel()
	var now, most atomic.Int32
	target := serve(t, func(w http.ResponseWriter, r *http.Request) {
		for n := now.Add(1); ; {
			if seen := most.Load(); n <= seen || most.CompareAndSwap(seen, n) {
				break
			}
		}
		defer now.Add(-1)
		says("{}")(w, r)
	})
	l := prepare(t, open(t, httplookup.Config{URL: target, Pool: 3}), httplookup.Query{One: true, Path: "/$key"})
	var keys []lookup.Key
	for i := range 200 {
		keys = append(keys, lookup.Key(fmt.Sprintf(`"%d"`, i)))
	}
	load(t, l, keys...)
	if n := most.Load(); n > 3 {
		t.Errorf("%d requests at once", n)
	}
}

// Services that are away, or that refuse everybody, end the run and fail no key.
func TestOneEndsTheRunForEveryKeyAtOnce(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]error{503: stages.ErrOutage, 500: stages.ErrOutage, 403: stages.ErrFatal, 302: stages.ErrFatal, 401: stages.ErrFatal} {
		var calls atomic.Int32
		l := asking(t, httplookup.Query{One: true, Path: "/users/$key"}, func(w http.ResponseWriter, _ *http.Request) {
			calls.Add(1)
			w.WriteHeader(status)
		})
		loader := stages.NewLoader(l, stages.LoaderConfig[lookup.Key, []byte]{MaxBatch: 1})
		plan := stages.Plan[int]{MaxElapsed: -1}
		stages.One(&plan, loader, stages.By(&plan, func(i int) lookup.Key { return lookup.Key(fmt.Sprintf(`"%d"`, i)) }))
		events := make([]int, 1000)
		for i := range events {
			events[i] = i
		}
		if err := plan.Run(t.Context(), events).Err(); !errors.Is(err, want) || calls.Load() > 20 {
			t.Errorf("%d: %v after %d requests, want %v", status, err, calls.Load(), want)
		}
	}
}

func TestQueriesForOneKeyThatAreRefused(t *testing.T) {
	t.Parallel()
	client := open(t, httplookup.Config{URL: "http://localhost/v1"})
	for _, tc := range []struct {
		q    httplookup.Query
		want string
	}{
		{httplookup.Query{}, "there is no $key"},
		{httplookup.Query{Path: "/users/$keys"}, "a letter or digit right behind $key"},
		{httplookup.Query{Path: "/users/$key", Param: "id"}, "no param and no separator"},
		{httplookup.Query{Path: "/users/$key", Items: "data"}, "leave out items and named"},
		{httplookup.Query{Path: "/users/$key", Named: true}, "leave out items and named"},
		{httplookup.Query{Path: "/users/$key", Key: []string{"id"}}, "leave out key"},
		{httplookup.Query{Path: "/users/$key", Method: "PUT"}, `unknown method "PUT"`},
		{httplookup.Query{Method: "GET", Body: `{"id": $key}`}, "a GET has no body"},
		{httplookup.Query{Body: `{"id": "$key"}`}, "$key stands in quotes"},
		{httplookup.Query{Body: `{"id": $key`}, "the body is not JSON"},
		{httplookup.Query{Path: "/../$key"}, "the path has .. in it"},
		{httplookup.Query{Path: "//elsewhere/$key"}, "the path is not a path below the url"},
		{httplookup.Query{Path: "/$key", KeyType: []string{"text", "text"}}, "the key has 1 part, and key_type says 2 types"},
		{httplookup.Query{Path: "/$key", Missing: []int{429}}, "429 does not say that there is nothing"},
	} {
		tc.q.One = true
		_, err := client.Lookup(t.Context(), tc.q)
		if err == nil || !strings.Contains(err.Error(), tc.want) || stages.ClassOf(err) != stages.Fatal {
			t.Errorf("Lookup(%+v): %v, want a fatal error: %s", tc.q, err, tc.want)
		}
	}
}
