package strictyaml_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/loaderline/loaderline/internal/strictyaml"
)

// form writes a template in a notation of its own: expressions in angle brackets.
func form(t strictyaml.Template) string {
	switch t.Kind {
	case strictyaml.TemplateMapping:
		parts := make([]string, len(t.Fields))
		for i, f := range t.Fields {
			parts[i] = fmt.Sprintf("%q: %s", f.Name, form(f.Value))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case strictyaml.TemplateList:
		parts := make([]string, len(t.Items))
		for i, item := range t.Items {
			parts[i] = form(item)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	default:
		return "<" + t.Text + ">"
	}
}

func TestTemplates(t *testing.T) {
	t.Parallel()
	opts := world()
	opts.Getenv = func(name string) (string, bool) { return "event." + strings.ToLower(name), true }
	for text, want := range map[string]string{
		"event.id": "<event.id>", "1": "<1>", "-1.50e3": "<-1.50e3>", "true": "<true>", "True": "<true>", "null": "<null>", "~": "<null>",
		"{}": "{}", "[]": "[]", "'\"order\"'": `<"order">`, "123456789012345678901234567890": "<123456789012345678901234567890>",
		"{b: event.b, a: {c: [event.c, 2, {}]}}": `{"b": <event.b>, "a": {"c": [<event.c>, <2>, {}]}}`,
		`{"": x, "a.b": y, "a[0]": z, ä: v}`:     `{"": <x>, "a.b": <y>, "a[0]": <z>, "ä": <v>}`,
		"{a: '${ID} + 1'}":                       `{"a": <event.id + 1>}`,
		"\n  a: >\n    event.a\n    + 1\n":       `{"a": <event.a + 1>}`,
	} {
		file, _, err := decode(t, least+"label: "+text+"\n", opts)
		switch {
		case err != nil:
			t.Errorf("%s: %v", text, err)
		case form(*file.Label) != want:
			t.Errorf("%s: got %s, want %s", text, form(*file.Label), want)
		}
	}
	if file, _, err := decode(t, least, opts); err != nil || file.Label != nil {
		t.Errorf("without the key: %v, %v", file.Label, err)
	}
}

// Expressions by name keep the order of the file. Each knows its place.
func TestExpressionsByName(t *testing.T) {
	t.Parallel()
	file, document, err := decode(t, least+"columns: {b: x, \"a.b\": 1, a: null}\nsum: null\n", world())
	if err != nil {
		t.Fatal(err)
	}
	want := []column{{"b", "x", "columns.b"}, {"a.b", "1", `columns."a.b"`}, {"a", "null", "columns.a"}}
	if !slices.Equal(file.Columns, want) || file.Sum != "null" {
		t.Errorf("got %q and %q", file.Columns, file.Sum)
	}
	if got := document.ErrorfIn(`columns.b`, 1, 1, "wrong").Error(); got != "shop.yaml:3:14: columns.b: wrong" {
		t.Error(got)
	}
}

// Each value of a template has a key of its own, which leads to its place.
func TestTemplatesKnowTheirPlaces(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("long", 20)
	text := fmt.Sprintf(`label:
  a:
    b: x + y
  "a.b": z
  %[1]s1: v
  %[1]s2: w
  list: [x, "y"]
`, long)
	file, document, err := decode(t, least+text, world())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	var visit func(strictyaml.Template)
	visit = func(v strictyaml.Template) {
		if v.Kind == strictyaml.TemplateExpression {
			e := document.ErrorfIn(v.Key, 1, 1, "wrong")
			got = append(got, fmt.Sprintf("%d:%d %s", e.Line, e.Column, v.Text))
		}
		for _, f := range v.Fields {
			visit(f.Value)
		}
		for _, item := range v.Items {
			visit(item)
		}
	}
	visit(*file.Label)
	want := []string{"5:8 x + y", "6:10 z", "7:86 v", "8:86 w", "9:10 x", "9:14 y"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTemplatesAreBounded(t *testing.T) {
	t.Parallel()
	items := strings.Repeat("x, ", 1000)
	for text, right := range map[string]bool{
		"label: [" + items + "]": true, "label: [" + items + "x]": false, "label: {a: [" + items + "], b: x}": false,
		"label: " + strings.Repeat("[", 31) + strings.Repeat("]", 31): true, "label: " + strings.Repeat("[", 33) + strings.Repeat("]", 33): false,
	} {
		_, _, err := decode(t, least+text+"\n", world())
		if (err == nil) != right {
			t.Errorf("%.20s: %v", text, err)
		}
	}
}

// A tree that is written as JSON comes back as it was.
func TestTemplatesKeepEveryTree(t *testing.T) {
	t.Parallel()
	name := rapid.StringMatching(`[^\x00-\x1f\x7f]{0,10}`)
	var tree func(depth int) *rapid.Generator[any]
	tree = func(depth int) *rapid.Generator[any] {
		leaf := rapid.StringMatching(`[a-z"'{:#&*!|>%@ -]{0,20}[a-z]`).AsAny()
		if depth == 0 {
			return leaf
		}
		return rapid.OneOf(leaf, rapid.SliceOfN(tree(depth-1), 0, 3).AsAny(), rapid.MapOfN(name, tree(depth-1), 0, 3).AsAny())
	}
	rapid.Check(t, func(r *rapid.T) {
		want := tree(3).Draw(r, "tree")
		text, err := json.Marshal(want)
		if err != nil {
			r.Fatal(err)
		}
		file, _, err := decode(t, least+"label: "+string(text)+"\n", world())
		if err != nil {
			r.Fatal(err)
		}
		if got := plain(*file.Label); !reflect.DeepEqual(got, want) {
			r.Fatalf("got %#v, want %#v", got, want)
		}
	})
}

// plain is a template as a Go value.
func plain(t strictyaml.Template) any {
	switch t.Kind {
	case strictyaml.TemplateMapping:
		m := map[string]any{}
		for _, f := range t.Fields {
			m[f.Name] = plain(f.Value)
		}
		return m
	case strictyaml.TemplateList:
		list := []any{}
		for _, item := range t.Items {
			list = append(list, plain(item))
		}
		return list
	default:
		return t.Text
	}
}
