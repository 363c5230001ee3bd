package sqllookup

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestArraysRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		rows := rapid.SliceOfN(rapid.SliceOfN(rapid.String(), 1, 4), 1, 4).Draw(rt, "rows")
		text := []byte{'{'}
		for i, row := range rows {
			if i > 0 {
				text = append(text, ',')
			}
			text = append(text, '{')
			for j, s := range row {
				if j > 0 {
					text = append(text, ',')
				}
				text = appendElement(text, []byte(s))
			}
			text = append(text, '}')
		}
		text = append(text, '}')
		out, err := arrayCell(appendText)(nil, text)
		if err != nil {
			rt.Fatalf("%q: %v", text, err)
		}
		var back [][]string
		if err := json.Unmarshal(out, &back); err != nil || !slices.EqualFunc(back, rows, slices.Equal) {
			rt.Errorf("%q came back as %q (%v)", rows, back, err)
		}
	})
}

func FuzzArray(f *testing.F) {
	for _, text := range []string{"{}", "{1,NULL}", `{"a\"b",""}`, "{{1,2},{3,4}}", "[0:1]={1,2}", "{", "", "{1,", "[1]=", `{"`, "{}}"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		out, err := arrayCell(appendText)(nil, text)
		if err == nil && !json.Valid(out) {
			t.Errorf("%q became %q", text, out)
		}
	})
}

func FuzzCompactJSON(f *testing.F) {
	for _, text := range []string{`{ "a" : [ 1 , "b c\" d" ] }`, "null", `"\\"`, "[\n\t1.50\r]"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if !json.Valid(text) || !utf8.Valid(text) {
			return // The server answers neither.
		}
		var want bytes.Buffer
		if err := json.Compact(&want, text); err != nil {
			t.Fatal(err)
		}
		if got, err := appendJSON(nil, text); err != nil || !bytes.Equal(got, want.Bytes()) {
			t.Errorf("%q became %q (%v), want %q", text, got, err, want.Bytes())
		}
	})
}
