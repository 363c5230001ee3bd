package pipeline_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/jsonenrich"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/strictyaml"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/testenv"
)

// world is a pipeline's sources of all kinds.
type world struct {
	shop, redis, prefix, url string
	posts                    atomic.Int32
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{shop: shopFile(t), redis: testenv.Redis(t), prefix: rand.Text()[:10]}
	writer := redis.NewClient(&redis.Options{Addr: w.redis})
	for key, value := range map[string]string{
		"user:1": `{"id": 1, "tier": "gold", "n": 12345678901234567890}`, "user:2": `{"id":2`, "bought:1": `[{"product": 100},{"product": 7}]`, "bought:2": `{}`,
		"name:1": `Ada "A"`, "of:a:1": `"one of a"`,
	} {
		if err := writer.Set(t.Context(), w.prefix+key, value, 0).Err(); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.HSet(t.Context(), w.prefix+"session:1", "ip", "::1", "agent", "x").Err(); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(w.service(t))
	t.Cleanup(server.Close)
	w.url = server.URL
	return w
}

// service knows reviews of products and users by ID, and wants a token.
func (w *world) service(t *testing.T) http.Handler {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v2/reviews", func(rw http.ResponseWriter, r *http.Request) {
		w.posts.Add(1)
		var asked struct{ Products []int }
		if body, err := io.ReadAll(r.Body); err != nil || json.Unmarshal(body, &asked) != nil {
			t.Errorf("body %s, %v", body, err)
		}
		var items []string
		for _, p := range asked.Products {
			if p == 100 {
				items = append(items, `{"product": 100, "rating": 5}`, `{"product": 100, "rating": 3}`)
			}
		}
		_, _ = fmt.Fprintf(rw, `{"data": {"items": [%s]}}`, strings.Join(items, ","))
	})
	mux.HandleFunc("GET /v2/people", func(rw http.ResponseWriter, r *http.Request) {
		var items []string
		for id := range strings.SplitSeq(r.URL.Query().Get("ids"), ",") {
			switch id {
			case "1":
				items = append(items, `{"id": "1", "person": {"name": "Ada"}}`)
			case "2":
				items = append(items, `{"id": "2", "error": "BANNED"}`)
			}
		}
		_, _ = fmt.Fprintf(rw, "[%s]", strings.Join(items, ","))
	})
	mux.HandleFunc("GET /v2/health", func(http.ResponseWriter, *http.Request) {})
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer canary" {
			rw.WriteHeader(http.StatusUnauthorized)
			return
		}
		rw.Header().Set("Content-Type", "application/json")
		mux.ServeHTTP(rw, r)
	})
}

const worldHead = `
kafka: {brokers: [localhost:9092]}
input: {topics: [events], group: g}
output: {topic: out}
dead_letter: {topic: dead}
retry: {max_elapsed: 0s}
sources:
  shop: {sql: {driver: sqlite, dsn: %q}}
  kv: {redis: {addresses: %q}}
  api: {http: {url: "%s/v2", headers: {Authorization: "Bearer %s"}, health: /health}, rate: {calls: 1000}, breaker: true}
stages:
`

func (w *world) layout(t *testing.T, token, stages string) (*pipeline.Layout, error) {
	t.Helper()
	text := fmt.Sprintf(worldHead, w.shop, w.redis, w.url, token) + strings.ReplaceAll(stages, "PREFIX", w.prefix)
	file, err := pipelinefile.Parse("pipeline.yaml", []byte(text), pipelinefile.Options{})
	if err != nil {
		return nil, err
	}
	return pipeline.NewLayout(file)
}

func (w *world) open(t *testing.T, stages string) *pipeline.Pipeline {
	t.Helper()
	l, err := w.layout(t, "canary", stages)
	if err != nil {
		t.Fatal(err)
	}
	return openLayout(t, l)
}

func TestEnrichFromAllKindsOfSources(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		name, stages string
		events, want []string
	}{
		{
			name: "a chain over Redis, HTTP and SQL",
			stages: `
  user: {source: kv, by: event.user_id, get: "PREFIXuser:$key"}
  bought: {source: kv, by: event.user_id, get: "PREFIXbought:$key", many: true}
  reviews: {source: api, by: "bought[].product", request: {path: /reviews, body: '{"products": $keys}'}, response: {items: data.items}, key: product, key_type: bigint, many: true, into: "bought[].reviews"}
  owner: {source: shop, by: user.id, query: "SELECT id, name FROM users WHERE id IN ($keys)", key: id, into: user.owner}`,
			events: []string{`{"user_id":1}`, `{"user_id":"1"}`, `{"user_id":7}`},
			want: []string{
				`{"event":{"user_id":1},"user":{"id":1,"tier":"gold","n":12345678901234567890,"owner":{"id":1,"name":"Ada"}},` +
					`"bought":[{"product":100,"reviews":[{"product":100,"rating":5},{"product":100,"rating":3}]},{"product":7,"reviews":[]}]}`,
				`{"event":{"user_id":"1"},"user":{"id":1,"tier":"gold","n":12345678901234567890,"owner":{"id":1,"name":"Ada"}},` +
					`"bought":[{"product":100,"reviews":[{"product":100,"rating":5},{"product":100,"rating":3}]},{"product":7,"reviews":[]}]}`,
				`{"event":{"user_id":7},"user":null,"bought":[]}`,
			},
		},
		{
			name: "text, hashes and composite keys",
			stages: `
  name: {source: kv, by: event.id, get: "PREFIXname:$key", format: text}
  session: {source: kv, by: event.id, hash: "PREFIXsession:$key"}
  of: {source: kv, by: [event.tenant, event.id], get: "PREFIXof:$key:$key"}`,
			events: []string{`{"id":1,"tenant":"a"}`, `{"id":2}`},
			want: []string{
				`{"event":{"id":1,"tenant":"a"},"name":"Ada \"A\"","session":{"agent":"x","ip":"::1"},"of":"one of a"}`,
				`{"event":{"id":2},"name":null,"session":null,"of":null}`,
			},
		},
		{
			name: "policies, for one key each",
			stages: `
  user: {source: kv, by: event.user, get: "PREFIXuser:$key", on_missing: drop}
  bought: {source: kv, by: event.list, get: "PREFIXbought:$key", many: true, on_error: keep}
  person: {source: api, by: event.person, request: {method: GET, path: /people, param: ids, separator: ","}, response: {value: person, error: error, permanent_errors: [BANNED]}, key_type: text, on_missing: dead_letter}`,
			events: []string{
				`{"user":1,"list":1,"person":1}`, `{"user":2}`, `{"user":3}`, `{"user":1,"list":2,"person":1}`, `{"user":1,"person":2}`, `{"user":1,"person":3}`,
			},
			want: []string{
				`{"event":{"user":1,"list":1,"person":1},"user":{"id":1,"tier":"gold","n":12345678901234567890},"bought":[{"product":100},{"product":7}],"person":{"name":"Ada"}}`,
				`lookup in stage user: the value is not JSON, at byte 7`,
				"dropped",
				`{"event":{"user":1,"list":2,"person":1},"user":{"id":1,"tier":"gold","n":12345678901234567890},"bought":null,"person":{"name":"Ada"}} loaderline.degraded: bought=error`,
				`lookup in stage person (BANNED): the service answered the error BANNED for this key`,
				"missing in stage person: no row has the key that event.person holds",
			},
		},
		{
			name: "stages that ask the same share a call",
			stages: `
  one: {source: api, by: event.a, request: {path: /reviews, body: '{"products": $keys}'}, response: {items: data.items}, key: product, key_type: bigint, many: true}
  two: {source: api, by: event.b, request: {path: /reviews, body: '{"products": $keys}'}, response: {items: data.items}, key: product, key_type: bigint, many: true}`,
			events: []string{`{"a":100,"b":5}`},
			want:   []string{`{"event":{"a":100,"b":5},"one":[{"product":100,"rating":5},{"product":100,"rating":3}],"two":[]}`},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			w.posts.Store(0)
			if diff := cmp.Diff(c.want, enrich(t, w.open(t, c.stages), c.events...)); diff != "" {
				t.Error(diff)
			}
			if n := w.posts.Load(); n > 1 {
				t.Errorf("%d calls of the service, want one", n)
			}
		})
	}
}

// What a stage asks of Redis or a service is checked without asking.
func TestWrongAsks(t *testing.T) {
	w := &world{shop: "shop.db", redis: "redis.invalid:6379", url: "http://api.invalid"}
	for stage, want := range map[string]string{
		`{source: kv, by: event.id, get: "$key", key_type: integr}`:               `stages.a: unknown key type "integr"`,
		`{source: api, by: event.id, request: {body: '{"ids": "$keys"}'}}`:        "stages.a: $keys stands in quotes in the body: it is a list, write it without them",
		`{source: api, by: event.id, request: {body: '{"ids": []}'}}`:             "stages.a: the body has no $keys",
		`{source: api, by: event.id, request: {method: GET}}`:                     "stages.a: there is no param",
		`{source: api, by: event.id, request: {path: "../admin", param: ids}}`:    "stages.a: the path has .. in it",
		`{source: api, by: event.id, response: {items: "a["}}`:                    "stages.a: items",
		`{source: api, by: event.id, response: {error: "errors[]"}, key: [id]}`:   "stages.a: error",
		`{source: api, by: event.id, request: {path: "https://other.invalid/x"}}`: "stages.a: the path is not a path below the url",
	} {
		_, err := w.layout(t, "canary", "  a: "+stage)
		if _, is := errors.AsType[*strictyaml.Error](err); err == nil && !is || !strings.Contains(fmt.Sprint(err), want) || strings.Contains(fmt.Sprint(err), "canary") {
			t.Errorf("%s:\n%v\nwant %s", stage, err, want)
		}
	}
}

// A login that is refused is said at once, without the login.
func TestARefusedLoginIsNotTriedAgain(t *testing.T) {
	w := newWorld(t)
	l, err := w.layout(t, "wrong-canary", `  a: {source: api, by: event.id}`)
	if err != nil {
		t.Fatal(err)
	}
	_, err = pipeline.Open(t.Context(), l, pipeline.Options{})
	unreachable, is := errors.AsType[*pipeline.UnreachableError](err)
	if !is || unreachable.Source != "api" || !strings.Contains(err.Error(), "the service answered 401") || strings.Contains(err.Error(), "canary") {
		t.Errorf("%v", err)
	}
}

// Limits of the file are those of the source's backend.
func TestLimitsAreTheBackends(t *testing.T) {
	w := newWorld(t)
	p := w.open(t, `  a: {source: api, by: event.id, request: {path: /nowhere}}
  b: {source: kv, by: event.id, get: "x:$key"}`)
	stats := p.SourceStats()
	if len(stats) != 3 || stats["api"].Breaker != "closed" || stats["kv"].Breaker != "" {
		t.Errorf("%+v", stats)
	}
	d, err := p.Config.Decode(loaderline.Record{Value: []byte(`{"id":1}`)})
	if err != nil {
		t.Fatal(err)
	}
	rows := p.Config.Plan.Run(context.Background(), []jsonenrich.Document{d})
	if !errors.Is(rows.Err(), stages.ErrFatal) || !strings.Contains(rows.Err().Error(), "404") {
		t.Errorf("%v, want a fatal 404", rows.Err())
	}
	if s := p.SourceStats()["api"]; s.Breaker != "closed" {
		t.Errorf("an answer opened the breaker: %+v", s)
	}
}
