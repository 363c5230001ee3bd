package httplookup_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/httplookup"
	"github.com/loaderline/loaderline/stages/lookup"
)

func TestRequests(t *testing.T) {
	t.Parallel()
	const odd = `"a b&c=d,é/../?#\""`
	for _, tc := range []struct {
		name string
		q    httplookup.Query
		keys []lookup.Key
		want string
	}{
		{"the default", httplookup.Query{}, []lookup.Key{"1", odd}, `POST /v1 {"ids": [1,` + odd + `]} application/json`},
		{"a body", httplookup.Query{Path: "/users/lookup?all=1", Body: `{"q": {"in":$keys , "text": "\"$"}}`}, []lookup.Key{"1", "true"}, `POST /v1/users/lookup?all=1 {"q": {"in":[1,true] , "text": "\"$"}} application/json`},
		{"a composite key", httplookup.Query{Key: []string{"a", "b"}}, []lookup.Key{`["t",5]`}, `POST /v1 {"ids": [["t",5]]} application/json`},
		{"a list", httplookup.Query{Body: "$keys"}, []lookup.Key{"1"}, `POST /v1 [1] application/json`},
		{"repeated", httplookup.Query{Method: "GET", Path: "users", Param: "id[]"}, []lookup.Key{"1", odd}, `GET /v1/users?id%5B%5D=1&id%5B%5D=a+b%26c%3Dd%2C%C3%A9%2F..%2F%3F%23%22  `},
		{"separated", httplookup.Query{Method: "GET", Param: "ids", Separator: ",", Path: "?x=1"}, []lookup.Key{"1", `"a b"`, "true"}, `GET /v1?x=1&ids=1,a+b,true  `},
		{"another separator", httplookup.Query{Method: "GET", Param: "ids", Separator: "|"}, []lookup.Key{"1", `","`}, `GET /v1?ids=1%7C%2C  `},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got string
			url := serve(t, func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				got = fmt.Sprint(r.Method, " ", r.RequestURI, " ", string(body), " ", r.Header.Get("Content-Type"))
				for name, want := range map[string]string{"Authorization": "Bearer canary", "Accept": "application/json", "X-Idempotency-Key": ""} {
					if r.Header.Get(name) != want {
						t.Errorf("the header %s is %q", name, r.Header.Get(name))
					}
				}
				says("[]")(w, r)
			})
			client := open(t, httplookup.Config{URL: url + "/v1", Header: map[string]lookup.Secret{"authorization": "Bearer canary"}})
			load(t, prepare(t, client, tc.q), tc.keys...)
			if strings.TrimSpace(got) != strings.TrimSpace(tc.want) {
				t.Errorf("%s\nwant %s", got, tc.want)
			}
		})
	}
}

func TestKeysThatASeparatorTearsApart(t *testing.T) {
	t.Parallel()
	var asked []string
	l := asking(t, httplookup.Query{Method: "GET", Param: "ids", Separator: ","}, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Query()["ids"]...)
		says(`[{"id":"a"},{"id":"admin"}]`)(w, r)
	})
	b := load(t, l, `"a"`, `"b,admin"`, `""`)
	if !slices.Equal(asked, []string{"a"}) {
		t.Errorf("the service was asked for %q", asked)
	}
	for i, want := range []string{`{"id":"a"}`, "failed 1 ", "failed 1 "} {
		if got := outcome(b.Result(i)); got != want {
			t.Errorf("%s: %s, want %s", b.Keys[i], got, want)
		}
	}
}

// TestLongURLs has keys that need several requests. The third one fails.
func TestLongURLs(t *testing.T) {
	t.Parallel()
	var (
		mu     sync.Mutex
		calls  int
		broken bool
	)
	q := httplookup.Query{Method: "GET", Param: "id"}
	l := asking(t, q, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		calls++
		if broken && calls == 3 {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		items := []json.RawMessage{}
		ids := r.URL.Query()["id"]
		for _, id := range ids {
			if id != "7" {
				items = append(items, json.RawMessage(`{"id":`+id+`}`))
			}
		}
		items = append(items, json.RawMessage(`{"id":0}`)) // Nobody asks for it.
		if !slices.Contains(ids, "99") {
			items = append(items, json.RawMessage(`{"id":99}`)) // The last request asks for it.
		}
		answer, _ := json.Marshal(items)
		says(string(answer))(w, r)
	})
	httplookup.SetMaxURLBytes(l, 200)
	var keys []lookup.Key
	for i := range 100 {
		keys = append(keys, lookup.Key(fmt.Sprint(i)))
	}
	b := load(t, l, keys[1:]...)
	if calls < 4 {
		t.Errorf("%d requests for URLs of 200 bytes", calls)
	}
	if b.Extra() != calls {
		t.Errorf("%d items were not asked for, want %d", b.Extra(), calls)
	}
	for i, key := range b.Keys {
		want := `{"id":` + string(key) + `}`
		if key == "7" {
			want = "missing"
		}
		if got := outcome(b.Result(i)); got != want {
			t.Errorf("%s: %s", key, got)
		}
	}

	mu.Lock()
	calls, broken = 0, true
	mu.Unlock()
	b = stages.NewBatch[lookup.Key, []byte](keys[1:])
	err := l.Load(t.Context(), b)
	if err == nil || stages.ClassOf(err) != stages.Transient {
		t.Errorf("Load: %v, want a transient error", err)
	}
	if outcome(b.Result(0)) != `{"id":1}` || b.Result(98).State == stages.Loaded {
		t.Errorf("the first key is %s and the last %s", outcome(b.Result(0)), outcome(b.Result(98)))
	}
}

func TestQueriesThatAreRefused(t *testing.T) {
	t.Parallel()
	client := open(t, httplookup.Config{URL: "http://localhost/v1"})
	for _, tc := range []struct {
		q    httplookup.Query
		want string
	}{
		{httplookup.Query{Name: "user", Method: "PUT"}, `stage user: unknown method "PUT"`},
		{httplookup.Query{Method: "GET"}, "there is no param"},
		{httplookup.Query{Method: "GET", Param: "id", Body: "$keys"}, "a GET has no body"},
		{httplookup.Query{Method: "GET", Param: "id", Path: "/x?id=1"}, `the path sets the parameter "id"`},
		{httplookup.Query{Method: "GET", Param: "id", Key: []string{"a", "b"}}, "a key of several parts"},
		{httplookup.Query{Param: "id"}, "a POST has its keys in the body"},
		{httplookup.Query{Body: `{"ids": []}`}, "the body has no $keys"},
		{httplookup.Query{Body: `{"ids": "$keys"}`}, "$keys stands in quotes"},
		{httplookup.Query{Body: `[$keys, $keys]`}, "the body has $keys twice"},
		{httplookup.Query{Body: `{"ids": $keys`}, "the body is not JSON"},
		{httplookup.Query{Body: `{"ids": [$keysX]}`}, "the body is not JSON"},
		{httplookup.Query{Path: "http://elsewhere/x"}, "the path is not a path below the url"},
		{httplookup.Query{Path: "//elsewhere/x"}, "the path is not a path below the url"},
		{httplookup.Query{Path: "/../x"}, "the path has .. in it"},
		{httplookup.Query{Path: "/%2e%2e/x"}, "the path has .. in it"},
		{httplookup.Query{Items: "a."}, `items: "a.": a name is missing`},
		{httplookup.Query{Key: []string{"a[].b"}}, `key: "a[].b" leads to many values`},
		{httplookup.Query{Value: "[]"}, `value: "[]" leads to many values`},
		{httplookup.Query{KeyType: []string{"x"}}, `unknown key type "x"`},
		{httplookup.Query{KeyType: []string{"text", "text"}}, "the key has 1 path, and key_type says 2 types"},
	} {
		_, err := client.Lookup(t.Context(), tc.q)
		if err == nil || !strings.Contains(err.Error(), tc.want) || stages.ClassOf(err) != stages.Fatal {
			t.Errorf("Lookup(%+v): %v, want a fatal error: %s", tc.q, err, tc.want)
		}
	}
}
