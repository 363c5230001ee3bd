package replaydiff

import (
	"slices"
	"testing"
)

func TestCompareValues(t *testing.T) {
	for name, test := range map[string]struct {
		was, now string
		want     []string
	}{
		"equal":                       {`{"a":1,"b":[{"x":1,"y":2}]}`, `{"a":1,"b":[{"x":1,"y":2}]}`, nil},
		"another order":               {`{"a":1,"b":{"x":1,"y":2}}`, `{ "b":{"y":2, "x":1}, "a":1}`, nil},
		"another escape":              {`{"a":"\u0041"}`, `{"a":"A"}`, nil},
		"a digit beyond a double":     {`{"a":9007199254740993}`, `{"a":9007199254740992}`, []string{"a"}},
		"a late digit":                {`{"a":0.12345678901234567891}`, `{"a":0.12345678901234567892}`, []string{"a"}},
		"a stage":                     {`{"event":{},"user":{"id":1}}`, `{"event":{},"user":null}`, []string{"user"}},
		"a stage that came":           {`{"event":{}}`, `{"event":{},"user":null}`, []string{"user"}},
		"the order of a list":         {`{"a":[1,2]}`, `{"a":[2,1]}`, []string{"a"}},
		"an event with a name twice":  {`{"event":{"a":1,"a":2}}`, `{"event":{"a":1,"a":2}}`, nil},
		"a tombstone":                 {"", "", nil},
		"what is no object":           {"x", `{"a":1}`, []string{"(value)"}},
		"a member of a stage":         {`{"user":{"id":1,"name":"a"}}`, `{"user":{"id":1,"name":"b"}}`, []string{"user.name"}},
		"a member that went":          {`{"a":{"b":{"c":1}}}`, `{"a":{"b":{}}}`, []string{"a.b.c"}},
		"names that are no words":     {`{"a.b":1,"":{"c d":1}}`, `{"a.b":2,"":{"c d":2}}`, []string{`""."c d"`, `"a.b"`}},
		"a list":                      {`{"a":[{"b":1}]}`, `{"a":[{"b":2}]}`, []string{"a"}},
		"a name twice":                {`{"a":{"b":1,"b":2}}`, `{"a":{"b":1}}`, []string{"a"}},
		"two differences, in order":   {`{"b":1,"a":1}`, `{"b":2,"a":2}`, []string{"a", "b"}},
		"text that looks like number": {`{"a":"1"}`, `{"a":1}`, []string{"a"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, f := range compareValues([]byte(test.was), []byte(test.now)) {
				got = append(got, f.Name)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %q", got)
			}
		})
	}
}

func FuzzCompareValues(f *testing.F) {
	f.Add([]byte(`{"a":1}`), []byte(`{"a":[1,{"b":null}]}`))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		if fields := compareValues(a, a); len(fields) > 0 {
			t.Errorf("%q differs from itself", a)
		}
		if forth, back := compareValues(a, b), compareValues(b, a); len(forth) != len(back) {
			t.Errorf("%d differences one way and %d the other", len(forth), len(back))
		}
	})
}
