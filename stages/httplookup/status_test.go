package httplookup_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/httplookup"
	"github.com/loaderline/loaderline/stages/lookup"
)

// fails asks for a key and expects an error of a class and a code.
func fails(t *testing.T, l lookupext.Source, class stages.Class, code string) lookup.Error {
	t.Helper()
	err := l.Load(t.Context(), stages.NewBatch[lookup.Key, []byte]([]lookup.Key{`"canarykey"`}))
	e, ok := errors.AsType[lookup.Error](err)
	if !ok || stages.ClassOf(err) != class || e.Code() != code {
		t.Fatalf("class %d: %v; want class %d and code %q", stages.ClassOf(err), err, class, code)
	}
	for _, secret := range []string{"canary", "127.0.0.1"} {
		if strings.Contains(e.Error(), secret) {
			t.Errorf("the error holds %q: %v", secret, e)
		}
	}
	return e
}

func TestStatuses(t *testing.T) {
	t.Parallel()
	for class, statuses := range map[stages.Class][]int{
		stages.Unusable:  {202, 205, 206, 207, 208, 226},
		stages.Transient: {408, 421, 425, 429, 500, 501, 502, 503, 504, 599},
		stages.Permanent: {400, 402, 409, 411, 413, 414, 418, 422, 431, 451},
		stages.Fatal:     {300, 301, 302, 303, 304, 307, 308, 401, 403, 404, 405, 406, 407, 410, 415},
	} {
		for _, status := range statuses {
			l := asking(t, httplookup.Query{}, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/elsewhere" {
					t.Errorf("the redirect of %d was followed", status)
				}
				w.Header().Set("Location", "/elsewhere?canary")
				w.WriteHeader(status)
				if status >= 400 {
					_, _ = io.WriteString(w, `{"error":"canary"}`)
				}
			})
			if e := fails(t, l, class, fmt.Sprint(status)); !strings.Contains(e.Error(), fmt.Sprint(status)) {
				t.Errorf("the error of %d does not say so: %v", status, e)
			}
		}
	}
}

// rest is how long an error asks a stages.Backend to leave the service alone.
func rest(err error) time.Duration { return err.(interface{ RetryAfter() time.Duration }).RetryAfter() }

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]time.Duration{429: 7 * time.Second, 503: 7 * time.Second, 500: 0} {
		l := asking(t, httplookup.Query{}, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(status)
		})
		if e := fails(t, l, stages.Transient, fmt.Sprint(status)); rest(e) != want {
			t.Errorf("%d: RetryAfter is %v, want %v", status, rest(e), want)
		}
	}
	silent := asking(t, httplookup.Query{}, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) })
	if e := fails(t, silent, stages.Transient, "429"); rest(e) != time.Second || strings.Contains(e.Error(), "left alone") {
		t.Errorf("%v, RetryAfter %v; want a second that the service did not ask for", e, rest(e))
	}
}

// TestPoisonStandsAlone refuses every call with one key, as services do that check all keys first.
func TestPoisonStandsAlone(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	l := asking(t, httplookup.Query{}, func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		var body struct{ IDs []json.RawMessage }
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		items := []string{}
		for _, id := range slices.Backward(body.IDs) {
			if string(id) == "13" {
				w.WriteHeader(http.StatusUnprocessableEntity)
				return
			}
			items = append(items, `{"id":`+string(id)+`}`)
		}
		says("["+strings.Join(items, ",")+"]")(w, r)
	})
	loader := stages.NewLoader(l, stages.LoaderConfig[lookup.Key, []byte]{})
	var keys []lookup.Key
	for i := range 64 {
		keys = append(keys, lookup.Key(fmt.Sprint(i)))
	}
	for key, r := range loader.Load(t.Context(), keys...) {
		if bad := key == "13"; bad != (r.State == stages.Failed) || !bad && r.State != stages.Loaded {
			t.Errorf("%s is %v: %v", key, r.State, r.Err)
		}
	}
	if n := calls.Load(); n > 20 {
		t.Errorf("%d calls were made for one bad key of 64", n)
	}
}

// TestBusyServicesAreAskedAgain has a service that is over its limit for a while: no key is condemned for it.
func TestBusyServicesAreAskedAgain(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	l := asking(t, httplookup.Query{}, func(w http.ResponseWriter, r *http.Request) {
		if calls.Add(1) <= 2 {
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		says(`[{"id":2},{"id":1}]`)(w, r)
	})
	loader := stages.NewLoader(l, stages.LoaderConfig[lookup.Key, []byte]{})
	for key, r := range loader.Load(t.Context(), "1", "2") {
		if got := outcome(r); got != `{"id":`+string(key)+`}` {
			t.Errorf("%s: %s (%v)", key, got, r.Err)
		}
	}
	if n := calls.Load(); n != 3 {
		t.Errorf("%d calls, want 3", n)
	}
}

// TestItemsWithoutAKeyMakeNoKeyMissing has an item that is of the key that has no other.
func TestItemsWithoutAKeyMakeNoKeyMissing(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	l := asking(t, httplookup.Query{}, func(w http.ResponseWriter, r *http.Request) {
		if calls.Add(1) == 1 {
			says(`[{"id":2},{"error":"try again"}]`)(w, r)
			return
		}
		says(`[{"id":1}]`)(w, r)
	})
	loader := stages.NewLoader(l, stages.LoaderConfig[lookup.Key, []byte]{})
	for key, r := range loader.Load(t.Context(), "1", "2") {
		if got := outcome(r); got != `{"id":`+string(key)+`}` {
			t.Errorf("%s: %s (%v)", key, got, r.Err)
		}
	}
}
