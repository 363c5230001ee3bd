package check_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/loaderline/loaderline/internal/command/check"
	"github.com/loaderline/loaderline/testenv"
)

const mixed = `
kafka: {brokers: [%q]}
input: {topics: [events], group: enrich}
sources:
  shop: {sql: {driver: sqlite, dsn: %q}}
  kv: {redis: {addresses: %[3]q}}
  locked: {redis: {addresses: %[3]q, username: checkup-canary, password: wrong-canary}}
  api: {http: {url: %[4]q, health: /health, headers: {Authorization: right}}}
  plain: {http: {url: %[4]q}}
  refused: {http: {url: %[4]q, health: /health, headers: {Authorization: wrong-canary}}}
stages:
  user: {source: shop, by: event.user_id, query: "SELECT id, name FROM users WHERE id IN ($keys)", key: id}
  session: {source: kv, by: [event.tenant, event.id], hash: "$key:$key"}
  more: {source: api, by: event.id, key: data.id, key_type: uuid}
  teams: {source: plain, by: event.id}
  extra: {source: shop, by: event.user_id, query: "SELECT id, name FROM users WHERE id IN ($keys) OR id = 2", key: id}
  names: {source: api, by: event.id, request: {path: /names?token=canary}}
  latin: {source: api, by: event.id, request: {path: /latin, method: GET, param: ids}}
  path: {source: api, by: event.id, request: {path: /nowhere}}
  unknown: {source: api, by: event.id, request: {path: /nowhere}, response: {missing: [404]}}
  picky: {source: api, by: event.id, request: {path: /picky}}
output: {topic: enriched}
dead_letter: {topic: dead}
`

// Each kind of source says what is wrong with it, and what is right.
func TestSourcesOfAllKindsAreReached(t *testing.T) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "events", "enriched", "dead"))
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	address := testenv.Redis(t)
	admin := redis.NewClient(&redis.Options{Addr: address})
	if err := admin.Do(t.Context(), "ACL", "SETUSER", "checkup-canary", "on", ">right").Err(); err != nil {
		t.Fatal(err)
	}
	if err := admin.Close(); err != nil {
		t.Fatal(err)
	}
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("Authorization") != "right":
			w.WriteHeader(http.StatusUnauthorized)
		case r.URL.Path == "/names":
			_, _ = io.WriteString(w, "{}")
		case r.URL.Path == "/latin" && r.URL.RawQuery == "ids=":
			w.Header().Set("Content-Type", "application/json; charset=iso-8859-1")
			_, _ = io.WriteString(w, "[]")
		case r.URL.Path == "/picky":
			w.WriteHeader(http.StatusBadRequest)
		case r.URL.Path != "/health" && r.URL.Path != "/":
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer service.Close()
	c := checkOf(t, cluster, mixed, address, service.URL)
	var got []string
	c.Report = func(f check.Finding) {
		if strings.Contains(f.String(), "canary") {
			t.Errorf("a secret is shown: %s", f)
		}
		if f.What == "source" || f.What == "stage" {
			got = append(got, f.String())
		}
	}
	_ = c.Run(context.WithoutCancel(t.Context())) // Its error has what the findings say.
	want := []string{
		`ok      source shop: sqlite answers`,
		`ok      stage user: prepared, key id (bigint), columns id, name`,
		`ok      stage extra: prepared, key id (bigint), columns id, name`,
		`warn    stage extra: rows for keys that were not asked for are left out: the statement returns rows although it gets no keys`,
		`ok      source kv: redis answers`,
		`ok      stage session: right in itself, key (text, text)`,
		`failed  source locked: not usable: redis at ` + address + `: Redis refuses the login (WRONGPASS)`,
		`ok      source api: http answers`,
		`ok      stage more: right in itself, key data.id (uuid)`,
		`failed  stage names: pipeline.yaml:17:3: stages.names: request without keys: the answer to POST /names has an object and not a list: write response: {items: PATH} with the path to it, or response: {named: true} if its names are the keys`,
		`failed  stage latin: pipeline.yaml:18:3: stages.latin: request without keys: the answer to GET /latin is in ISO-8859-1: have the service answer in UTF-8`,
		`warn    stage path: request without keys: the service answered 404 Not Found to POST /nowhere: correct request.path, or write response: {missing: [404]} if the service says so of unknown keys`,
		`ok      stage unknown: right in itself, key id (any)`,
		`ok      stage picky: right in itself, key id (any)`,
		`ok      source plain: http accepts connections; only health would tell whether it works and lets us in`,
		`failed  stage teams: pipeline.yaml:15:3: stages.teams: request without keys: the service answered 401 Unauthorized`,
		`failed  source refused: not usable: ` + service.URL + `: the service answered 401 Unauthorized`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}
