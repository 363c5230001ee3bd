package doctest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/loaderline/loaderline/testenv"
)

// TestTheExampleOfRedisAndHTTP runs examples/page-views.yaml on a real Redis and a service of this test.
func TestTheExampleOfRedisAndHTTP(t *testing.T) {
	address := testenv.Redis(t)
	sessions := redis.NewClient(&redis.Options{Addr: address})
	if err := sessions.HSet(t.Context(), "session:doctest-1", "user_id", "7", "country", "NO").Err(); err != nil {
		t.Fatal(err)
	}
	if err := sessions.Close(); err != nil {
		t.Fatal(err)
	}
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var asked struct{ IDs []int }
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || r.URL.Path != "/profiles/lookup" || r.Header.Get("Authorization") != "Bearer secret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"profiles": [{"id": %d, "name": "Ada"}]}`, asked.IDs[0])
	}))
	defer service.Close()

	r := newReader(t)
	r.env = append(r.env, "REDIS="+address, "PROFILES_URL="+service.URL, "PROFILES_TOKEN=secret")
	r.write("views.ndjson", `{"session_id": "doctest-1", "page": "/"}`+"\n"+`{"session_id": "doctest-none"}`+"\n")
	p := page{path: "the example"}
	r.start(p, block{}, step{command: "loaderline broker", want: []string{"a development broker, not for production, listens on ..."}})
	r.run(p, block{}, step{command: "loaderline check examples/page-views.yaml --create-topics --quiet"})
	r.run(p, block{}, step{command: "loaderline check examples/page-views.yaml --connect", want: []string{
		"...", "ok      source sessions: redis answers", "...", "ok      stage profile: right in itself, key id (bigint)", "...",
	}})
	r.start(p, block{}, step{command: "loaderline run examples/page-views.yaml", want: []string{"...started..."}})
	r.run(p, block{}, step{command: "loaderline publish examples/page-views.yaml views.ndjson --key session_id --quiet"})
	got := map[string]bool{}
	for _, line := range lines(r.run(p, block{}, step{command: "loaderline consume examples/page-views.yaml -n 2"})) {
		got[line] = true
	}
	for _, want := range []string{
		`{"event":{"session_id": "doctest-1", "page": "/"},"session":{"country":"NO","user_id":"7"},"profile":{"id":7,"name":"Ada"}}`,
		`{"event":{"session_id": "doctest-none"},"session":null,"profile":null}`,
	} {
		if !got[want] {
			t.Errorf("%s is not there, but %v", want, got)
		}
	}
}
