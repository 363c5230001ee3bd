package strictyaml_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loaderline/loaderline/internal/strictyaml"
	"github.com/loaderline/loaderline/internal/strictyaml/strictyamltest"
)

// FuzzDecode holds the reader to what it promises for any bytes: no panic, and either a file or problems that each have a
// place within it and one line. A file that Decode accepts has a tree, and a tree is JSON or has a place for what is not.
func FuzzDecode(f *testing.F) {
	paths, err := filepath.Glob("testdata/wrong/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(least + "prices: [{amount: 1}]\nhosts: 'a:1, b:2'\ntls: true\nsince: 2026-01-02T03:04:05Z\n"))
	f.Add([]byte(least + "label: {a: [b, {\"c.d\": ${SECRET}}], e: null, f: 0x1}\nsum: a + 1\ncolumns: {a: b, \"\": true}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, _, err := decode(t, string(data), world())
		if err != nil {
			checkProblems(t, string(data), err)
		} else if file.Name == "" || len(file.Shelves) == 0 {
			t.Fatalf("an incomplete file: %+v", file)
		}
		root, parsed := strictyaml.Parse("shop", "shop.yaml", data)
		if parsed != nil {
			if err == nil {
				t.Fatalf("only Parse refuses: %v", parsed)
			}
			return
		}
		if _, err := root.JSON(); err != nil {
			checkProblems(t, string(data), strictyaml.Join([]error{err}))
		}
	})
}

// checkProblems checks that each problem has a place within the text and one line, and shows no variable's value.
func checkProblems(t *testing.T, text string, err error) {
	t.Helper()
	lines := strings.Count(text, "\n") + strings.Count(text, "\r") + 1
	for _, p := range strictyamltest.Problems(t, err) {
		if p.Line < 1 || p.Line > lines || p.Column < 1 || p.Message == "" {
			t.Errorf("%d:%d in a file of %d lines: %q", p.Line, p.Column, lines, p.Message)
		}
		if said := p.Error(); strings.ContainsAny(said, "\n\r") {
			t.Errorf("more than one line: %q", said)
		}
		if strings.Contains(p.Message, canary) && !strings.Contains(text, canary) {
			t.Errorf("a variable's value is shown: %q", p.Message)
		}
	}
}
