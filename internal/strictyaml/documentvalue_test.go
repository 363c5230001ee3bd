package strictyaml_test

import (
	"strings"
	"testing"

	"github.com/loaderline/loaderline/internal/strictyaml"
)

func TestDocuments(t *testing.T) {
	t.Parallel()
	opts := world()
	opts.Getenv = func(name string) (string, bool) { return `"` + name + `"`, name != "UNSET" }
	for text, want := range map[string]string{
		"{id: {$in: $rows}}":                       `{"id":{"$in":"$rows"}}`,
		`{b: "5", a: 5, c: 5.50, d: 1e3, e: True}`: `{"b":"5","a":5,"c":5.50,"d":1e3,"e":true}`,
		"{n: 123456789012345678901234567890}":      `{"n":123456789012345678901234567890}`,
		"{a: [1, null, {}, []], b: ~}":             `{"a":[1,null,{},[]],"b":null}`,
		"{'${X}': '${X}'}":                         `{"${X}":"\"X\""}`,
		"\n  of:\n    - books\n    - maps\n":       `{"of":["books","maps"]}`,
	} {
		file, _, err := decode(t, least+"filter: "+text+"\n", opts)
		if err != nil || string(file.Filter) != want {
			t.Errorf("%s: got %s (%v), want %s", text, file.Filter, err, want)
		}
	}
	if file, _, err := decode(t, least, opts); err != nil || file.Filter != nil {
		t.Errorf("without the key: %s, %v", file.Filter, err)
	}
	for text, want := range map[string]string{
		"books":                      `3:9: filter: want a mapping, found "books"`,
		"[a]":                        "3:9: filter: want a mapping, found a list",
		"{}":                         "3:9: filter: has no keys; write for example filter: {of: books}, or remove the key",
		"{a: {b: .inf}}":             "3:17: filter.a.b: .inf is a number that JSON does not know",
		"{a: 1, a: 2}":               "3:16: filter.a: duplicate key",
		"{a: {1: x}}":                "a key must be text, found 1",
		"{a: ['${UNSET}', 'ok']}":    "3:14: filter.a[0]: the environment variable UNSET is not set",
		"{a: '${UNSET}', b: '${X}'}": "3:13: filter.a: the environment variable UNSET is not set",
	} {
		_, _, err := decode(t, least+"filter: "+text+"\n", opts)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

// What is wrong in a mapping of free form is said where it stands.
func TestPlacesInDocuments(t *testing.T) {
	t.Parallel()
	_, d, err := decode(t, least+"filter: {a: {b: [1, {c: x}]}}\n", world())
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]strictyaml.Position{
		"filter": {Line: 3, Column: 9}, "filter.a": {Line: 3, Column: 13}, "filter.a.b": {Line: 3, Column: 17}, "filter.a.b[1].c": {Line: 3, Column: 25}, "filter.z": {Line: 3, Column: 9},
	} {
		if got := d.Position(key); got != want {
			t.Errorf("%s is at %v, want %v", key, got, want)
		}
	}
}

func TestRows(t *testing.T) {
	t.Parallel()
	opts := world()
	opts.Getenv = func(name string) (string, bool) { return name, name != "UNSET" }
	file, _, err := decode(t, least+"stock: [{of: books, n: 1.50}, {of: '${X}', at: [{a: ~}]}]\n", opts)
	if err != nil || len(file.Stock) != 2 {
		t.Fatalf("%d rows: %v", len(file.Stock), err)
	}
	for i, want := range []string{`{"of":"books","n":1.50}`, `{"of":"X","at":[{"a":null}]}`} {
		if got := string(file.Stock[i].Value); got != want {
			t.Errorf("row %d: %s, want %s", i, got, want)
		}
	}
	if got, want := file.Stock[1].Errorf("too few").Error(), "shop.yaml:3:31: stock[1]: too few"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	for text, want := range map[string]string{
		"books":                  "3:8: stock: want a list of mappings with at least one element; write for example stock: [{of: books}]",
		"[]":                     "3:8: stock: want a list of mappings with at least one element",
		"[{of: books}, maps]":    `3:22: stock[1]: want a mapping, found "maps"`,
		"[{of: books, n: .inf}]": "3:24: stock[0].n: .inf is a number that JSON does not know",
		"[{of: '${UNSET}'}]":     "3:14: stock[0].of: the environment variable UNSET is not set",
	} {
		_, _, err := decode(t, least+"stock: "+text+"\n", opts)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
