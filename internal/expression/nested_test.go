package expression_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/loaderline/loaderline/internal/expression"
)

// anyJSON draws a value, as Value makes it.
func anyJSON(depth int) *rapid.Generator[any] {
	scalars := []*rapid.Generator[any]{
		rapid.Just[any](nil), rapid.Map(rapid.Bool(), func(b bool) any { return b }), rapid.Map(rapid.Int(), func(n int) any { return n }),
		rapid.Map(rapid.String(), func(s string) any { return s }), rapid.Map(rapid.Float64Range(-1e6, 1e6), func(f float64) any {
			if f == float64(int(f)) {
				return int(f)
			}
			return f
		}),
	}
	if depth == 0 {
		return rapid.OneOf(scalars...)
	}
	inner := anyJSON(depth - 1)
	lists := rapid.Map(rapid.SliceOfN(inner, 0, 4), func(l []any) any { return append([]any{}, l...) })
	objects := rapid.Map(rapid.MapOfN(rapid.String(), inner, 0, 4), func(m map[string]any) any { return m })
	return rapid.OneOf(append(scalars, lists, objects)...)
}

// TestValuesOfJSON writes values as JSON, with space in it and without, and reads them.
func TestValuesOfJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := anyJSON(3).Draw(t, "value")
		text, err := json.Marshal(want)
		if rapid.Bool().Draw(t, "space") {
			text, err = json.MarshalIndent(want, "", " \t")
		}
		if err != nil {
			t.Fatal(err)
		}
		got, err := expression.Value(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b float64) bool { return a == b })); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
		length, err := expression.Length(text)
		if err != nil {
			t.Fatal(err)
		}
		if list, ok := want.([]any); ok && reflect.ValueOf(length).Len() != len(list) {
			t.Errorf("%s has length %d, want %d", text, reflect.ValueOf(length).Len(), len(list))
		}
	})
}

func FuzzValue(f *testing.F) {
	for _, text := range []string{`{"a":[1,"x\"",{}]}`, `[`, `[[1],[2,3],"]"]`, `{"a"`, `"\u12`, "", "nul"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(_ *testing.T, text []byte) {
		_, _ = expression.Value(text)
		_, _ = expression.Length(text)
	})
}
