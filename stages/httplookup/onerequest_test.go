package httplookup_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/httplookup"
	"github.com/loaderline/loaderline/stages/lookup"
)

// Whatever a key is, the request goes to the same path and has the same parameters, and the service reads the key as it is.
func TestNoKeyChangesThePath(t *testing.T) {
	t.Parallel()
	var got *url.URL
	l := asking(t, httplookup.Query{One: true, Path: "/t/$key/users/u-$key.json?x=1&name=$key"}, func(w http.ResponseWriter, r *http.Request) {
		got = r.URL
		says(`{}`)(w, r)
	})
	odd := rapid.OneOf(
		rapid.StringOf(rapid.SampledFrom([]rune("./\\?#%&=+;:@ 2eE\nñ\x01$key"))),
		rapid.SampledFrom([]string{"..", ".", "%2e%2e", "..%2f..", "a/../b", "../admin", "?x=2", "#", "a?b#c", "/", "//", `..\`, "", "%", "%zz"}),
		rapid.String(),
	)
	rapid.Check(t, func(rt *rapid.T) {
		texts := []string{odd.Draw(rt, "tenant"), odd.Draw(rt, "user"), odd.Draw(rt, "name")}
		var raws [][]byte
		for _, text := range texts {
			raws = append(raws, lookupkey.AppendString(nil, text))
		}
		key, err := l.Key(raws...)
		if err != nil {
			return // It is too long, or holds NUL.
		}
		got = nil
		b := stages.NewBatch[lookup.Key, []byte]([]lookup.Key{key})
		if err := l.Load(t.Context(), b); err != nil {
			rt.Fatal(err)
		}
		if b.Result(0).State == stages.Failed {
			if got != nil || stages.ClassOf(b.Result(0).Err) != stages.Permanent {
				rt.Errorf("%q failed with class %d, after a request for %v", texts, stages.ClassOf(b.Result(0).Err), got)
			}
			if !dots(texts[0]) && !dots("u-"+texts[1]+".json") && texts[1] != "" && texts[2] != "" {
				rt.Errorf("%q failed: %v", texts, b.Result(0).Err)
			}
			return
		}
		askedAs(rt, got, texts)
	})
}

// dots reports whether a key would change the path.
func dots(text string) bool {
	parts := strings.FieldsFunc(text, func(c rune) bool { return c == '/' || c == '\\' })
	return text == "" || slices.Contains(parts, ".") || slices.Contains(parts, "..")
}

// askedAs compares what the service has read with a tenant, a user and a name.
func askedAs(rt *rapid.T, got *url.URL, texts []string) {
	segments := strings.Split(got.EscapedPath(), "/")
	if len(segments) != 5 || segments[1] != "t" || segments[3] != "users" || len(got.Query()) != 2 || got.Query().Get("x") != "1" {
		rt.Fatalf("%q are asked for by %s", texts, got)
	}
	for i, want := range []string{texts[0], "u-" + texts[1] + ".json"} {
		segment := segments[2+2*i]
		if text, err := url.PathUnescape(segment); err != nil || text != want || text == "." || text == ".." {
			rt.Errorf("%q became %q: %v", want, segment, err)
		}
	}
	if name := got.Query()["name"]; len(name) != 1 || name[0] != texts[2] {
		rt.Errorf("%q became %q", texts[2], name)
	}
}

func TestRequestsForOneKey(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, want string
		q          httplookup.Query
		key        lookup.Key
	}{
		{"a path", "GET /v1/users/7 ", httplookup.Query{Path: "/users/$key"}, `"7"`},
		{"escaped", "GET /v1/users/a%2Fb%20c ", httplookup.Query{Path: "users/$key"}, `"a/b c"`},
		{"a parameter", "GET /v1/users?id=a%26b+c&x=$ ", httplookup.Query{Path: "/users?id=$key&x=$"}, `"a&b c"`},
		{"a composite key", "POST /v1/t/9/users?id=7 [true, 1.5]", httplookup.Query{Path: "/t/$key/users?id=$key", Body: "[$key, $key]"}, `["9","7",true,1.5]`},
		{"a body", `POST /v1/users {"id": "a\"b", "all": "$"}`, httplookup.Query{Path: "/users", Body: `{"id": $key, "all": "$"}`}, `"a\"b"`},
		{"a POST without a body", "POST /v1/users/7 ", httplookup.Query{Path: "/users/$key", Method: "POST"}, `"7"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got string
			target := serve(t, func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				got = fmt.Sprint(r.Method, " ", r.RequestURI, " ", string(body))
				says("{}")(w, r)
			})
			tc.q.One = true
			load(t, prepare(t, open(t, httplookup.Config{URL: target + "/v1"}), tc.q), tc.key)
			if got != tc.want {
				t.Errorf("%s\nwant %s", got, tc.want)
			}
		})
	}
}
