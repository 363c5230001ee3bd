package httplookup_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/stages/httplookup"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/lookuptest"
)

func TestOneInAPathConforms(t *testing.T) {
	t.Parallel()
	// One of the suite's texts is empty, and no path can hold it.
	types := slices.DeleteFunc(slices.Clone(keyTypes), func(t string) bool { return t == "text" })
	lookuptest.Run(t, oneHarness(types, httplookup.Query{One: true, Path: "/rows/$key/row"}, func(r *http.Request) (json.RawMessage, error) {
		segment := strings.Split(r.URL.EscapedPath(), "/")[2]
		text, err := url.PathUnescape(segment)
		return lookupkey.AppendString(nil, text), err
	}))
}

func TestOneInABodyConforms(t *testing.T) {
	t.Parallel()
	types := append([]string{"any"}, keyTypes...)
	lookuptest.Run(t, oneHarness(types, httplookup.Query{One: true, Path: "/rows", Body: `{"id": $key}`}, func(r *http.Request) (json.RawMessage, error) {
		var body struct{ ID json.RawMessage }
		err := json.NewDecoder(r.Body).Decode(&body)
		return body.ID, err
	}))
}

// oneHarness has a service that reads the key of a request by a function. It cannot have two rows for a key, nor others.
func oneHarness(types []string, q httplookup.Query, keyOf func(*http.Request) (json.RawMessage, error)) lookuptest.Harness {
	q.Value, q.Error = "row", "failed"
	source := func(tb testing.TB, w lookuptest.World, bad lookup.Key) lookupext.Source {
		tb.Helper()
		q.Many, q.KeyType = w.Many, []string{w.KeyType}
		return asking(tb, q, func(rw http.ResponseWriter, r *http.Request) {
			raw, err := keyOf(r)
			if err != nil {
				tb.Errorf("the key of %s: %v", r.URL, err)
			}
			key := canonical(tb, w.KeyType, raw)
			if key == bad {
				says(`{"failed": 422}`)(rw, r)
				return
			}
			var rows []string
			for _, row := range w.Rows {
				if row.Key == key {
					rows = append(rows, row.Value())
				}
			}
			switch {
			case w.Many:
				says(` {"row": [`+strings.Join(rows, " ,\n")+`], "failed": null} `)(rw, r)
			case len(rows) == 0:
				rw.WriteHeader(http.StatusNotFound)
			default:
				says(` {"failed": false , "row": `+rows[0]+` } `)(rw, r)
			}
		})
	}
	return lookuptest.Harness{
		KeyTypes: types, OneRow: true,
		New: func(tb testing.TB, w lookuptest.World) lookupext.Source {
			tb.Helper()
			return source(tb, w, "")
		},
		PartlyFailing: func(tb testing.TB, w lookuptest.World, bad lookup.Key) lookupext.Source {
			tb.Helper()
			return source(tb, w, bad)
		},
		Slow: func(tb testing.TB) lookupext.Source {
			tb.Helper()
			url := serve(tb, func(_ http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				<-r.Context().Done()
			})
			return prepare(tb, open(tb, httplookup.Config{URL: url, Timeout: time.Minute}), q)
		},
	}
}
