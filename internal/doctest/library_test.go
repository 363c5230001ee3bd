package doctest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestGoInPagesIsCompiled looks each Go block up in the tests of this package and in the Example of the library. All are
// compiled, and the examples run.
func TestGoInPagesIsCompiled(t *testing.T) {
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	files = append(files, filepath.Join(root, "example_test.go"))
	var code strings.Builder
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		code.WriteString(unindented(string(data)))
	}
	for _, p := range pages(t) {
		for _, b := range p.blocks {
			if b.kind() == "go" && !strings.Contains(code.String(), unindented(b.text)) {
				t.Errorf("%s:%d: no test has these lines", p.path, b.line)
			}
		}
	}
}

func unindented(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(strings.TrimLeft(line, "\t"))
	}
	return b.String()
}
