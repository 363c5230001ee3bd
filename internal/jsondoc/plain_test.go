package jsondoc

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func plainScanner(tb testing.TB) *Scanner {
	tb.Helper()
	var values, points []Path
	for _, text := range []string{"e.items[].id", "e.items[].b[].c", "e.user.id", "e[][].id", "e.n"} {
		p, err := ParsePath(text)
		if err != nil {
			tb.Fatal(err)
		}
		values, points = append(values, p), append(points, p.Each())
	}
	return NewScanner(values, points)
}

// read is what one reader makes of a document.
func read(s *Scanner, from reader) (Result, error) {
	out := Result{Values: make([][]Value, s.paths), Points: make([][]int32, s.points)}
	c := scan{out: &out}
	return out, c.document(from, s.root)
}

// alike fails where the plain reader accepts what the library does not, or reads it otherwise. It reports whether it accepts it.
func alike(tb testing.TB, s *Scanner, doc []byte) bool {
	tb.Helper()
	var (
		fast   plain
		strict strict
	)
	fast.reset(doc)
	got, err := read(s, &fast)
	if err != nil {
		return false
	}
	strict.reset(doc)
	want, err := read(s, &strict)
	if err != nil {
		tb.Fatalf("%q is accepted: %v", doc, err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		tb.Fatalf("%q (-library +plain):\n%s", doc, diff)
	}
	return true
}

func numbered(format string, n int) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = strings.ReplaceAll(format, "#", fmt.Sprint(i))
	}
	return strings.Join(parts, ",")
}

func TestPlain(t *testing.T) {
	s := plainScanner(t)
	for doc, want := range map[string]bool{
		`{"event_id":"e-0123","user_id":12345,"type":"page_view","occurred_at":"2026-11-24T00:00:00Z"}`:            true,
		` { "items" : [ { "id" : 1 , "b" : [ { "c" : -0.5e+10 } ] } , null , true , false ] , "n" : [ ] } ` + "\n": true,
		`{"n":"a \"quoted\" word\n","user":{"id":"Zoë"}}`:                                                          true,
		`[[{"id":1},{}],[]]`: true,
		`7`:                  true,
		`{` + numbered(`"m#":#`, plainNames) + `}`:                              true,
		strings.Repeat("[", plainLevels) + strings.Repeat("]", plainLevels):     true,
		`{` + numbered(`"m#":#`, plainNames+1) + `}`:                            false,
		strings.Repeat("[", plainLevels+1) + strings.Repeat("]", plainLevels+1): false,
		`{"n":"\u0041"}`: false,
		`{"\n":1}`:       false,
	} {
		if got := alike(t, s, []byte(doc)); got != want {
			t.Errorf("%s: plain is %t", doc, got)
		}
	}
	for _, doc := range []string{
		``, ` `, `{`, `[`, `{"n"`, `{"n":`, `{"n":1`, `[1`, `"x`, `"x\`, `tru`, `-`, `1.`, `1e`, `01`, `+1`, `.5`, `1 2`, `{} {}`,
		`[1,]`, `[,1]`, `[1 2]`, `[1,,2]`, `{"n":1,}`, `{,"n":1}`, `{"n" 1}`, `{"n":}`, `{:1}`, `{1:2}`, `[}`, `{]`, `{"n":[}`, `]`, `}`, `,`, `:`, "\x00",
		"\"a\nb\"", "\"\xff\"", `{"n":1,"n":2}`, `{"user":{"id":1,"id":2}}`, `{"x":{"id":1,"id":2}}`, `{"n":1}]`, `nul`, `NaN`, `{"n":01}`, `"\x"`, "[1]\x00",
	} {
		if alike(t, s, []byte(doc)) {
			t.Errorf("%q is plain", doc)
		}
	}
}

func FuzzPlain(f *testing.F) {
	f.Add([]byte(`{"items":[{"id":1,"b":[{"c":2.5e1}]}],"user":{"id":"x\n"},"n":[true,null]}`))
	f.Add([]byte(`[[{"id":1,"x":{"y":[{}]}}],[]]`))
	f.Add([]byte("{\"items\" : [1,\"\\u0041\xc3\xa9\"] }"))
	s := plainScanner(f)
	f.Fuzz(func(t *testing.T, doc []byte) { alike(t, s, doc) })
}
