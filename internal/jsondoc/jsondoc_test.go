package jsondoc_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/loaderline/loaderline/internal/jsondoc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func paths(tb testing.TB, texts ...string) []jsondoc.Path {
	tb.Helper()
	var all []jsondoc.Path
	for _, text := range texts {
		p, err := jsondoc.ParsePath(text)
		if err != nil {
			tb.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

func TestParsePath(t *testing.T) {
	for text, want := range map[string]string{
		"event.user_id":           "",
		"purchases[].product_id":  "",
		"reviews[][].reviewer.id": "",
		`event."user id"."a.b"`:   "",
		"event":                   "",
		"":                        `"": a path is empty; write one such as event.user_id`,
		"event.":                  `"event.": a name is missing at byte 6`,
		"event..id":               `"event..id": a name is missing at byte 6`,
		"event.items[0].id":       `"event.items[0].id": write [] for each element of a list; a single one cannot be named`,
		"event.items[*].id":       `"event.items[*].id": write [] in place of [*], for each element of a list`,
		"event.items[":            `"event.items[": write [] for each element of a list; a single one cannot be named`,
		"event['user id'].x":      `"event['user id'].x": write ."user id" in place of ['user id']; brackets are for [] alone, each element of a list`,
		"event.items]":            `"event.items]": a name is followed by . or []`,
		"event.user id":           `"event.user id": a name is followed by . or []`,
		`event."a`:                `"event.\"a": a quoted name has no closing quote`,
		"[].id":                   `"[].id": a name is missing at byte 0`,
	} {
		p, err := jsondoc.ParsePath(text)
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", text, err)
		case want == "" && p.String() != text:
			t.Errorf("%s is written %s", text, p)
		case want != "" && (err == nil || err.Error() != want):
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestScan(t *testing.T) {
	for _, c := range []struct {
		name, doc, path string
		want            []string // what is there; "-" where absent, "!" where mismatched
	}{
		{"a member", `{"a":1,"user_id":  12 }`, "event.user_id", []string{"12"}},
		{"a nested member", `{"user":{"name":"x","id":"u1"}}`, "event.user.id", []string{`"u1"`}},
		{"an escaped name", `{"user\u005fid":3}`, "event.user_id", []string{"3"}},
		{"a quoted name", `{"user id":3}`, `event."user id"`, []string{"3"}},
		{"an object", `{"user": {"id": 1} }`, "event.user", []string{`{"id": 1}`}},
		{"nothing", `{"user":{}}`, "event.user.id", []string{"-"}},
		{"a null on the way", `{"user":null}`, "event.user.id", []string{"-"}},
		{"a null", `{"user_id":null}`, "event.user_id", []string{"null"}},
		{"a string on the way", `{"user":"id"}`, "event.user.id", []string{"!"}},
		{"a list on the way", `{"user":[{"id":1}]}`, "event.user.id", []string{"!"}},
		{"each element", `{"items":[{"id":1},{"x":0},{"id":3},null,7]}`, "event.items[].id", []string{"1", "-", "3", "-", "!"}},
		{"elements themselves", `{"ids":[1,"b",null]}`, "event.ids[]", []string{"1", `"b"`, "null"}},
		{"no list", `{"ids":{"a":1}}`, "event.ids[]", []string{"!"}},
		{"an empty list", `{"ids":[]}`, "event.ids[]", nil},
		{"no such list", `{}`, "event.ids[].x", nil},
		{"a null for a list", `{"ids":null}`, "event.ids[]", nil},
		{"lists of lists", `[[{"id":1},{"id":2}],[],[{}]]`, "event[][].id", []string{"1", "2", "-"}},
		{"a list below elements", `{"a":[{"b":[1,2]},{},{"b":[3]}]}`, "event.a[].b[]", []string{"1", "2", "3"}},
		{"digits beyond 2^53", `{"n":123456789012345678901234567890.10}`, "event.n", []string{"123456789012345678901234567890.10"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var r jsondoc.Result
			if err := jsondoc.NewScanner(paths(t, c.path), nil).Scan([]byte(c.doc), &r); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, v := range r.Values[0] {
				switch v.Kind {
				case jsondoc.Absent:
					got = append(got, "-")
				case jsondoc.Mismatch:
					got = append(got, "!")
				default:
					got = append(got, string(v.In([]byte(c.doc))))
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPointsAreClosingBraces(t *testing.T) {
	for _, c := range []struct {
		doc, path string
		want      string // the document with a mark before each point
		points    int
	}{
		{`{"a":1}`, "x", `{"a":1^}`, 1},
		{`[{"a":1}, {} ,7]`, "x[]", `[{"a":1^}, {^} ,7]`, 3},
		{`{"user":{"geo":{"x":{}}}}`, "x.user.geo", `{"user":{"geo":{"x":{}^}}}`, 1},
		{`{"user":3}`, "x.user", `{"user":3}`, 1},
	} {
		var r jsondoc.Result
		if err := jsondoc.NewScanner(nil, paths(t, c.path)).Scan([]byte(c.doc), &r); err != nil {
			t.Fatal(err)
		}
		got, last := "", int32(0)
		for _, p := range r.Points[0] {
			if p != jsondoc.NoPoint {
				got += c.doc[last:p] + "^"
				last = p
			}
		}
		if got += c.doc[last:]; got != c.want || len(r.Points[0]) != c.points {
			t.Errorf("%s in %s: %s, %d entries", c.path, c.doc, got, len(r.Points[0]))
		}
	}
}

func TestWhatIsRefused(t *testing.T) {
	s := jsondoc.NewScanner(paths(t, "event.user_id"), nil)
	for doc, want := range map[string]string{
		"":                                   "is not JSON: unexpected end at byte 0",
		`{"user_id":1`:                       "is not JSON: unexpected end at byte 12",
		`{"user_id":1}}`:                     "is not JSON: invalid character '}' at start of value at byte 13",
		`{"user_id":01}`:                     "is not JSON: invalid character '1' after object value (expecting ',' or '}') at byte 12",
		`{"user_id":1} {}`:                   "is more than one JSON document, the second at byte 15",
		`{"user_id":1,"user_id":2}`:          "has a name twice in one object, the second at byte 13",
		"{\"user_id\":1,\"x\":\"\xff\"}":     "has invalid UTF-8 at byte 18",
		`{"user_id":1,"x":"\ud800"}`:         "has an invalid surrogate pair `\\ud800\"}` in string at byte 18",
		strings.Repeat("[", 10001):           "is nested more than 10,000 levels deep at byte 10000",
		`{"x":` + strings.Repeat("[", 10001): "is nested more than 10,000 levels deep at byte 10004",
	} {
		var r jsondoc.Result
		err := s.Scan([]byte(doc), &r)
		if _, ok := errors.AsType[*jsondoc.SyntaxError](err); !ok || err.Error() != want {
			t.Errorf("%.40s: %v, want %s", doc, err, want)
		}
	}
}

func FuzzScan(f *testing.F) {
	f.Add([]byte(`{"items":[{"id":1,"b":[{"c":2}]}],"user":{"id":"x"}}`))
	f.Add([]byte(`[[{"id":1}]]`))
	s := jsondoc.NewScanner(paths(f, "e.items[].id", "e.items[].b[].c", "e.user.id", "e[][].id"), paths(f, "e.items[]", "e.user", "e[][]"))
	f.Fuzz(func(t *testing.T, doc []byte) {
		var r jsondoc.Result
		if err := s.Scan(doc, &r); err != nil {
			return
		}
		if !json.Valid(doc) {
			t.Fatalf("%q is accepted", doc)
		}
		if len(r.Values[2]) != 1 || len(r.Points[1]) != 1 {
			t.Fatalf("%q: a path without [] has %d values and %d points", doc, len(r.Values[2]), len(r.Points[1]))
		}
		for _, values := range r.Values {
			for _, v := range values {
				if v.Kind == jsondoc.Found && !json.Valid(v.In(doc)) {
					t.Fatalf("%q: %q is no value", doc, v.In(doc))
				}
			}
		}
		for _, points := range r.Points {
			for _, p := range points {
				if p != jsondoc.NoPoint && doc[p] != '}' {
					t.Fatalf("%q: byte %d is no closing brace", doc, p)
				}
			}
		}
	})
}

func FuzzParsePath(f *testing.F) {
	f.Add("event.user_id")
	f.Add(`a[]."b c"[][]`)
	f.Fuzz(func(t *testing.T, text string) {
		p, err := jsondoc.ParsePath(text)
		if err != nil {
			return
		}
		again, err := jsondoc.ParsePath(p.String())
		if err != nil || again.String() != p.String() {
			t.Fatalf("%q is written %q, which is read as %v, %v", text, p, again, err)
		}
	})
}

func BenchmarkScan(b *testing.B) {
	s := jsondoc.NewScanner(paths(b, "event.user_id"), nil)
	doc := []byte(`{"event_id":"e-0123","user_id":12345,"type":"page_view","occurred_at":"2026-11-24T00:00:00Z"}`)
	b.ReportAllocs()
	var r jsondoc.Result
	for b.Loop() {
		r.Reset()
		if err := s.Scan(doc, &r); err != nil {
			b.Fatal(err)
		}
	}
}
