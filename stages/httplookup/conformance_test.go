package httplookup_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/stages/httplookup"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/lookuptest"
)

// keyTypes are those whose keys an answer can spell.
var keyTypes = []string{"smallint", "integer", "bigint", "numeric", "text", "citext", "char", "uuid", "boolean", "timestamptz", "timestamp", "date"}

func TestPostConforms(t *testing.T) {
	t.Parallel()
	types := append([]string{"any"}, keyTypes...)
	lookuptest.Run(t, harness(types, httplookup.Query{}))
}

func TestRepeatedParameterConforms(t *testing.T) {
	t.Parallel()
	lookuptest.Run(t, harness(keyTypes, httplookup.Query{Method: http.MethodGet, Param: "ids"}))
}

func TestSeparatedParameterConforms(t *testing.T) {
	t.Parallel()
	// Some of the suite's texts hold a comma or nothing.
	types := slices.DeleteFunc(slices.Clone(keyTypes), func(t string) bool { return t == "text" })
	lookuptest.Run(t, harness(types, httplookup.Query{Method: http.MethodGet, Param: "ids", Separator: ","}))
}

func harness(types []string, q httplookup.Query) lookuptest.Harness {
	q.Items, q.Key, q.Value, q.Error = "data.rows", []string{"meta.key"}, "row", "failed"
	source := func(tb testing.TB, w lookuptest.World, bad lookup.Key, everything bool) lookupext.Source {
		tb.Helper()
		q.Many, q.KeyType = w.Many, []string{w.KeyType}
		return asking(tb, q, func(rw http.ResponseWriter, r *http.Request) {
			asked := wanted(tb, r, w.KeyType)
			rw.Header().Set("Content-Type", "application/json; charset=utf-8")
			_, _ = rw.Write(rowsOf(w, bad, func(k lookup.Key) bool { return everything || asked[k] }))
		})
	}
	return lookuptest.Harness{
		KeyTypes: types,
		New: func(tb testing.TB, w lookuptest.World) lookupext.Source {
			tb.Helper()
			return source(tb, w, "", false)
		},
		Extra: func(tb testing.TB, w lookuptest.World) lookupext.Source {
			tb.Helper()
			return source(tb, w, "", true)
		},
		PartlyFailing: func(tb testing.TB, w lookuptest.World, bad lookup.Key) lookupext.Source {
			tb.Helper()
			return source(tb, w, bad, false)
		},
		Slow: func(tb testing.TB) lookupext.Source {
			tb.Helper()
			url := serve(tb, func(_ http.ResponseWriter, r *http.Request) {
				_ = r.ParseForm() // The body is read, so that the connection's end is seen.
				var body json.RawMessage
				_ = json.NewDecoder(r.Body).Decode(&body)
				<-r.Context().Done()
			})
			return prepare(tb, open(tb, httplookup.Config{URL: url, Timeout: time.Minute}), q)
		},
	}
}

// wanted is the keys of a request, canonical.
func wanted(tb testing.TB, r *http.Request, keyType string) map[lookup.Key]bool {
	tb.Helper()
	var raws []json.RawMessage
	if r.Method == http.MethodPost {
		var body struct{ IDs []json.RawMessage }
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			tb.Errorf("the body: %v", err)
		}
		raws = body.IDs
	} else {
		if len(r.RequestURI) > 8000 {
			tb.Errorf("the URL has %d bytes", len(r.RequestURI))
		}
		for _, text := range r.URL.Query()["ids"] {
			for _, part := range split(text, keyType) {
				raws = append(raws, lookupkey.AppendString(nil, part))
			}
		}
	}
	keys := map[lookup.Key]bool{}
	for _, raw := range raws {
		keys[canonical(tb, keyType, raw)] = true
	}
	return keys
}

// canonical returns the key of a type that a service has read.
func canonical(tb testing.TB, keyType string, raw []byte) lookup.Key {
	tb.Helper()
	typ, err := lookupkey.ParseType(keyType)
	if err != nil {
		tb.Error(err)
	}
	key, err := typ.Canonical(raw)
	if err != nil {
		tb.Errorf("the key %s: %v", raw, err)
	}
	return key
}

// split is the parts of a parameter that a comma separates; a text may hold one.
func split(text, keyType string) []string {
	if keyType == "text" {
		return []string{text}
	}
	var parts []string
	for part := range bytes.SplitSeq([]byte(text), []byte(",")) {
		parts = append(parts, string(part))
	}
	return parts
}

// rowsOf is an answer with the rows of some keys, in order, a gap between them, and white space.
func rowsOf(w lookuptest.World, bad lookup.Key, asked func(lookup.Key) bool) []byte {
	answer := []byte(` { "took": 5, "data": { "rows": [ null`)
	for _, row := range w.Rows {
		switch {
		case !asked(row.Key):
		case row.Key == bad:
			answer = append(answer, `, {"failed": 422, "meta": {"key": `+string(row.Key)+`}}`...)
		default:
			answer = append(answer, `, {"row": `+row.Value()+" ,\n\"meta\": {\"key\": "+string(row.Key)+`}, "failed": null}`...)
		}
	}
	return append(answer, "]}}\n"...)
}
