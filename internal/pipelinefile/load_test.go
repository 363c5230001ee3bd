package pipelinefile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	pf "github.com/loaderline/loaderline/internal/pipelinefile"
)

func TestLoadRefusesWhatItCannotRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := pf.Load(filepath.Join(dir, "absent.yaml")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Load of a file that is not there = %v", err)
	}
	large := filepath.Join(dir, "large.yaml")
	if err := os.WriteFile(large, []byte(strings.Repeat("# loaderline\n", 100_000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := pf.Load(large); err == nil || !strings.Contains(err.Error(), "larger than 1 MiB") {
		t.Errorf("Load of a large file = %v", err)
	}
}

// The YAML library takes time that grows with the square of the keys and stack
// that grows with the depth: each of these is refused before it gets there.
func TestHostileFilesAreRefusedFirst(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, text, want string }{
		{"keys", strings.Repeat("a: 1\n", 50_000), "too many keys and values"},
		{"quotes", strings.Repeat("'a' ", 60_000), "too many keys and values"},
		{"brackets", strings.Repeat("[", 40_000), "nested more than 32 levels"},
		{"braces", "a: " + strings.Repeat("{a: ", 10_000), "nested more than 32 levels"},
		{"items", strings.Repeat("- ", 20_000) + "a", "nested more than 32 levels"},
		{"steps", steps(200), "nested more than 32 levels"},
		{"anchors", strings.Repeat("&a ", 1000), "anchors (&name) are not allowed"},
		{"question marks", strings.Repeat("? ", 1000), `"? key" is not allowed`},
		{"tags", strings.Repeat("!a ", 1000), "tags (!name) are not allowed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := pf.Parse("hostile.yaml", []byte(test.text), pf.Options{})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("error = %.300v; want one with %q", err, test.want)
			}
		})
	}
}

// steps nests n mappings, each a column further right.
func steps(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}
