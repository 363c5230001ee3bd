package expression_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/loaderline/loaderline/internal/expression"
	"github.com/loaderline/loaderline/internal/jsondoc"
)

// TestSplit splits expressions by what they look at in user, and evaluates the parts and the whole.
func TestSplit(t *testing.T) {
	names := expression.Names{Roots: []string{"event", "user"}}
	fields := map[string]any{
		"event.n": 2, "event.a": "x", "user.list": []any{1, 5}, "user.name": "Ada", "user.n": 3,
	}
	for _, c := range []struct {
		text  string
		parts []string
		want  any
	}{
		{"len(user.list) + event.n", []string{"len(user.list)"}, 4},
		{"len(user.list) + len(user.list) * event.n", []string{"len(user.list)"}, 6},
		{"upper(user.name + \"!\") + event.a", []string{`upper(user.name + "!")`}, "ADA!x"},
		{"sum(filter(user.list, # > user.n)) - event.n", []string{"sum(filter(user.list, # > user.n))"}, 3},
		{"count(user.list, # > event.n) + len(user.name)", []string{"len(user.name)"}, 4},
		{"user.n + event.n", nil, 5},
		{"event.n > 5 ? len(user.list) : 0", nil, 0},
		{"event.a == \"y\" && len(user.list) > 1", nil, false},
		{"len(user.list) > 1 && event.a == \"x\"", []string{"len(user.list)"}, true},
		{"let n = event.n; len(user.list) + n", nil, 4},
		{"len(user.list)", []string{"len(user.list)"}, 2},
	} {
		e, err := expression.Parse(c.text, names)
		if err != nil {
			t.Fatal(err)
		}
		whole, parts := e.Split(func(p jsondoc.Path) bool { return p.Root == "user" })
		if len(parts) != len(c.parts) {
			t.Errorf("%s has %d parts, want %q", c.text, len(parts), c.parts)
			continue
		}
		known := map[string]any{}
		for i, p := range parts {
			result, err := p.Eval(t.Context(), valuesOf(p, fields))
			if err != nil {
				t.Fatal(err)
			}
			known[expression.Part(i)] = result
		}
		maps.Copy(known, fields)
		if slices.ContainsFunc(whole.Paths(), func(p jsondoc.Path) bool { return p.String() == "user.list" }) && c.parts != nil && c.text != "count(user.list, # > event.n) + len(user.name)" {
			t.Errorf("%s still looks at the list: %v", c.text, whole.Paths())
		}
		if got, err := whole.Eval(t.Context(), valuesOf(whole, known)); err != nil || got != c.want {
			t.Errorf("%s is %v, %v; want %v", c.text, got, err, c.want)
		}
	}
}

func valuesOf(e *expression.Expression, fields map[string]any) []any {
	var values []any
	for _, p := range e.Paths() {
		values = append(values, fields[p.String()])
	}
	return values
}
