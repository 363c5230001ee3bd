package httplookup_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/httplookup"
)

func TestContentThatIsNotJSON(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		header map[string]string
		want   string // empty: it is taken
	}{
		{map[string]string{"Content-Type": "application/json"}, ""},
		{map[string]string{"Content-Type": "Application/JSON; charset=UTF-8"}, ""},
		{map[string]string{"Content-Type": "application/problem+json"}, ""},
		{map[string]string{"Content-Type": "text/plain; charset=utf-8"}, ""},
		{map[string]string{"Content-Type": "application/javascript"}, ""},
		{map[string]string{"Content-Type": ";"}, ""},
		{map[string]string{"Content-Type": "application/json; charset=ISO-8859-1"}, "the answer to POST / is in ISO-8859-1: have the service answer in UTF-8"},
		{map[string]string{"Content-Type": "text/plain; charset=utf-16"}, "the answer to POST / is in UTF-16: have the service answer in UTF-8"},
		{map[string]string{"Content-Type": `application/json; charset="canary canary"`}, "the answer to POST / is not in UTF-8: have the service answer in it"},
		{map[string]string{"Content-Type": "application/json", "Content-Encoding": "br"}, "the answer to POST / is compressed in a way that was not asked for: have the service send gzip or nothing"},
	} {
		l := asking(t, httplookup.Query{}, func(w http.ResponseWriter, _ *http.Request) {
			for name, value := range tc.header {
				w.Header().Set(name, value)
			}
			_, _ = io.WriteString(w, "[]")
		})
		if tc.want == "" {
			load(t, l, "1")
			continue
		}
		if e := fails(t, l, stages.Unusable, ""); e.Error() != tc.want {
			t.Errorf("%v: %v, want %s", tc.header, e, tc.want)
		}
	}
}

func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	const limit = 1 << 20
	large := `[{"id":1,"v":"` + strings.Repeat("x", limit) + `"}]`
	for name, handler := range map[string]http.HandlerFunc{
		"announced": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(len(large)))
			says(large)(w, r)
		},
		"chunked": func(w http.ResponseWriter, r *http.Request) {
			_ = http.NewResponseController(w).Flush()
			says(large)(w, r)
		},
		"without an end": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			for sent := 0; ; sent += limit {
				if _, err := w.Write(bytes.Repeat([]byte(" "), limit)); err != nil {
					return
				}
				if sent > 64*limit { // More than buffers between the two hold.
					t.Error("the answer is read beyond its limit")
					return
				}
			}
		},
		"a bomb": func(w http.ResponseWriter, r *http.Request) {
			if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
				t.Error("gzip was not asked for")
			}
			w.Header().Set("Content-Encoding", "gzip")
			w.Header().Set("Content-Type", "application/json")
			z := gzip.NewWriter(w)
			for space := bytes.Repeat([]byte(" "), limit); ; { // It has no end.
				if _, err := z.Write(space); err != nil {
					return
				}
			}
		},
	} {
		client := open(t, httplookup.Config{URL: serve(t, handler), MaxAnswerBytes: limit, Timeout: time.Minute})
		if e := fails(t, prepare(t, client, httplookup.Query{}), stages.Permanent, ""); !strings.Contains(e.Error(), "raise max_body") {
			t.Errorf("%s: %v", name, e)
		}
	}
}

func TestServicesThatAreSlow(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]http.HandlerFunc{
		"no header": func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		},
		"a drop at a time": func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.Header().Set("Content-Type", "application/json")
			tick := time.NewTicker(10 * time.Millisecond)
			defer tick.Stop()
			for r.Context().Err() == nil {
				_, _ = io.WriteString(w, " ")
				_ = http.NewResponseController(w).Flush()
				<-tick.C
			}
		},
	} {
		client := open(t, httplookup.Config{URL: serve(t, handler), Timeout: 200 * time.Millisecond})
		start := time.Now()
		e := fails(t, prepare(t, client, httplookup.Query{}), stages.Transient, "")
		if took := time.Since(start); took > 5*time.Second || e.Error() != "the service did not answer in time" {
			t.Errorf("%s: %v after %v", name, e, took)
		}
	}
}
