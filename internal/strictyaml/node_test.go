package strictyaml_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/loaderline/loaderline/internal/strictyaml"
)

func parse(t *testing.T, text string) strictyaml.Node {
	t.Helper()
	n, err := strictyaml.Parse("shop", "shop.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestNodes(t *testing.T) {
	t.Parallel()
	root := parse(t, "name: corner\n\"two words\": [a, ~]\nrows: {n: 1}\n")
	entries, err := root.Entries()
	if err != nil || !root.IsMapping() || root.IsList() || root.IsNull() {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name)
	}
	if want := []string{"name", "two words", "rows"}; !slices.Equal(names, want) {
		t.Fatalf("got %q", names)
	}
	if text, err := entries[0].Value.Text(); text != "corner" || err != nil {
		t.Errorf("got %q, %v", text, err)
	}
	elements, err := entries[1].Value.List()
	if err != nil || len(elements) != 2 || !elements[1].IsNull() {
		t.Fatalf("got %v, %v", elements, err)
	}
	if got := elements[1].Errorf("is %s", "wrong").Error(); got != `shop.yaml:2:18: "two words"[1]: is wrong` {
		t.Error(got)
	}
	if got := entries[2].Key.Errorf("is wrong").Error(); got != `shop.yaml:3:1: rows: is wrong` || entries[2].Key.Line() != 3 {
		t.Error(got)
	}
	if empty := parse(t, "# Nothing.\n"); !empty.IsNull() || empty.Line() != 1 {
		t.Error("an empty file is not null")
	}
}

func TestNodesOfAnotherKind(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"[a]":          "1:1: want a mapping, found a list",
		"a: 1\na: 2":   "2:1: a: duplicate key, the first is in line 1; remove one of them",
		"1: 2":         `1:1: a key must be text, found 1; write "1"`,
		"a: {b: 1}":    "1:4: a: want a list, found a mapping",
		"a: ~":         "1:4: a: want text, found nothing",
		"a: 1.5":       "1:4: a: want text, found 1.5; put it in quotes",
		"a: [u:p@b]\n": "1:4: a: want text, found a list",
	} {
		n := parse(t, text)
		entries, err := n.Entries()
		if err == nil && entries[0].Value.IsMapping() {
			_, err = entries[0].Value.List()
		} else if err == nil {
			_, err = entries[0].Value.Text()
		}
		if err == nil || err.Error() != "shop.yaml:"+want {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a: {b: [1, 2.50, true, False, ~, text, \"1\"]}": `{"a":{"b":[1,2.50,true,false,null,"text","1"]}}`,
		"n: -123456789012345678901234567890\nm: 1e400\n": `{"n":-123456789012345678901234567890,"m":1e400}`,
		"s: \"1e400\"\nt: |\n  two\n  lines\n":           `{"s":"1e400","t":"two\nlines\n"}`,
		"a: .5":                                          "!a: .5 is a number that JSON does not know; write it in digits, or put it in quotes if it is text",
		"a: 0x1":                                         "!a: 0x1 is a number",
		"a: {1: b}":                                      "!a: a key must be text, found 1",
	} {
		got, err := parse(t, text).JSON()
		if problem, wrong := strings.CutPrefix(want, "!"); wrong {
			if err == nil || !strings.Contains(err.Error(), problem) {
				t.Errorf("%q: got %v, want %s", text, err, problem)
			}
			continue
		}
		if err != nil || string(got) != want {
			t.Errorf("%q: got %s, %v, want %s", text, got, err, want)
		}
	}
}
