package httplookup_test

import (
	"encoding/json"
	"fmt"
	"io"
	"math/bits"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/loaderline/loaderline/internal/loaderr"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/httplookup"
	"github.com/loaderline/loaderline/stages/lookup"
)

// known is a service that knows the keys below 100. refuses says whether a call is refused by a status, by how many keys it asks
// for and how many of them are known.
func known(tb testing.TB, calls *atomic.Int32, refuses func(w http.ResponseWriter, asked, known int) bool) http.HandlerFunc {
	tb.Helper()
	return func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		var body struct{ IDs []int }
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			tb.Error(err)
		}
		items := []string{}
		for _, id := range body.IDs {
			if id < 100 {
				items = append(items, fmt.Sprintf(`{"id":%d}`, id))
			}
		}
		if !refuses(w, len(body.IDs), len(items)) {
			says("["+strings.Join(items, ",")+"]")(w, r)
		}
	}
}

// Services say in many ways that they know none of the keys, or not all of them. Whichever it is, each key has its own result.
func TestStatusesThatMeanMissing(t *testing.T) {
	t.Parallel()
	status := func(status int, says func(asked, known int) bool) func(http.ResponseWriter, int, int) bool {
		return func(w http.ResponseWriter, asked, known int) bool {
			if says(asked, known) {
				w.WriteHeader(status)
				return true
			}
			return false
		}
	}
	anyUnknown := func(asked, known int) bool { return known < asked }
	allUnknown := func(_, known int) bool { return known == 0 }
	for _, tc := range []struct {
		name    string
		missing []int
		refuses func(http.ResponseWriter, int, int) bool
		calls   int // for keys that are all unknown, 0: as many as it takes
	}{
		{"404 for any", []int{404}, status(404, anyUnknown), 0},
		{"404 for all", []int{404}, status(404, allUnknown), 0},
		{"410 beside 404", []int{404, 410}, status(410, anyUnknown), 0},
		{"204", nil, status(204, allUnknown), 1},
		{"an empty 200", nil, status(200, allUnknown), 1},
		{"an empty 201", nil, status(201, allUnknown), 1},
		{"an empty list", nil, func(http.ResponseWriter, int, int) bool { return false }, 1},
	} {
		for _, ids := range [][2]int{{99, 101}, {98, 114}, {60, 140}, {99, 300}, {0, 101}, {100, 300}, {0, 100}, {100, 101}} {
			t.Run(fmt.Sprintf("%s of %d to %d", tc.name, ids[0], ids[1]), func(t *testing.T) {
				t.Parallel()
				var calls atomic.Int32
				l := asking(t, httplookup.Query{Missing: tc.missing, KeyType: []string{"bigint"}}, known(t, &calls, tc.refuses))
				var keys []lookup.Key
				for id := ids[0]; id < ids[1]; id++ {
					keys = append(keys, lookup.Key(fmt.Sprint(id)))
				}
				loader := stages.NewLoader(l, stages.LoaderConfig[lookup.Key, []byte]{})
				for key, r := range loader.Load(t.Context(), keys...) {
					want := "missing"
					if len(key) < 3 {
						want = `{"id":` + string(key) + `}`
					}
					if got := outcome(r); got != want {
						t.Errorf("%s is %s (%v), want %s", key, got, r.Err, want)
					}
				}
				bound := len(keys) + len(keys)/8 + 2*bits.Len(uint(len(keys))) + 1
				if tc.calls > 0 {
					bound = tc.calls
				}
				if n := int(calls.Load()); n > bound {
					t.Errorf("%d calls for %d keys, want %d at most", n, len(keys), bound)
				}
			})
		}
	}
}

// A GET whose keys need several URLs is answered in parts: one of them is refused, and its keys are asked for again.
func TestMissingInOneOfSeveralRequests(t *testing.T) {
	t.Parallel()
	l := asking(t, httplookup.Query{Method: http.MethodGet, Param: "ids", Missing: []int{404}, KeyType: []string{"bigint"}},
		func(w http.ResponseWriter, r *http.Request) {
			ids := r.URL.Query()["ids"]
			if slices.ContainsFunc(ids, func(id string) bool { return len(id) > 2 }) {
				w.WriteHeader(http.StatusNotFound)
				return
			}
			says(`[{"id":`+strings.Join(ids, `},{"id":`)+`}]`)(w, r)
		})
	httplookup.SetMaxURLBytes(l, 40)
	loader := stages.NewLoader(l, stages.LoaderConfig[lookup.Key, []byte]{})
	for key, r := range loader.Load(t.Context(), "1", "2", "3", "100", "4", "200") {
		want := `{"id":` + string(key) + `}`
		if len(key) > 2 {
			want = "missing"
		}
		if got := outcome(r); got != want {
			t.Errorf("%s is %s (%v), want %s", key, got, r.Err, want)
		}
	}
}

// Only the end of the connection ends such an answer: where it is empty, nobody can tell whether that is all.
func TestAnEmptyAnswerWithoutALengthIsALostOne(t *testing.T) {
	t.Parallel()
	l := asking(t, httplookup.Query{}, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer func(c net.Conn) { _ = c.Close() }(conn)
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
	})
	if e := fails(t, l, stages.Transient, ""); !strings.Contains(e.Error(), "before the end of the answer") {
		t.Error(e)
	}
}

func TestNotFoundSaysHowItCouldMeanMissing(t *testing.T) {
	t.Parallel()
	l := asking(t, httplookup.Query{Path: "/users?token=canary"}, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
	const want = "the service answered 404 Not Found to POST /users: correct request.path, or write response: {missing: [404]} if the service says so of unknown keys"
	if e := fails(t, l, stages.Fatal, "404"); e.Error() != want {
		t.Errorf("%v, want %s", e, want)
	}
}

// A service whose answers cannot be read works, so the run does not wait, and nothing becomes a dead letter.
func TestUnusableAnswersEndTheRun(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"7":{}}`, `[{"no":"id"}]`, `<html>`, `[{"id":7,"score":NaN}]`} {
		l := asking(t, httplookup.Query{Path: "/users"}, says(body))
		loader := stages.NewLoader(l, stages.LoaderConfig[lookup.Key, []byte]{Name: "user"})
		plan := stages.Plan[lookup.Key]{MaxElapsed: -1}
		stages.One(&plan, loader, stages.By(&plan, func(k lookup.Key) lookup.Key { return k }))
		err := plan.Run(t.Context(), []lookup.Key{"7", "8"}).Err()
		if _, is := err.(*loaderr.FatalError); !is || !strings.Contains(err.Error(), "user: ") || !strings.Contains(err.Error(), "POST /users") { //nolint:errorlint // It is not wrapped.
			t.Errorf("%s: %v, want a fatal error that names the stage and the path", body, err)
		}
	}
}
