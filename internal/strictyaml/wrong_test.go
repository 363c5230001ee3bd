package strictyaml_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loaderline/loaderline/internal/goldentest"
	"github.com/loaderline/loaderline/internal/strictyaml"
	"github.com/loaderline/loaderline/internal/strictyaml/strictyamltest"
)

// TestWrongFiles holds the problems of Decode to golden files. What Parse refuses has the same problems there.
func TestWrongFiles(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/wrong/*.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no wrong files: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".yaml"), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			_, _, wrong := decode(t, string(data), world())
			strictyamltest.Problems(t, wrong)
			got := wrong.Error() + "\n"
			if strings.Contains(got, canary) {
				t.Errorf("a message shows a variable's value:\n%s", got)
			}
			if _, err := strictyaml.Parse("shop", "shop.yaml", data); err != nil && err.Error() != wrong.Error() {
				t.Errorf("Parse says %v", err)
			}
			goldentest.Compare(t, strings.TrimSuffix(path, ".yaml")+".err", got)
		})
	}
}

// The YAML library takes time that grows with the square of the keys and stack that grows with the depth: each of these is
// refused before it gets there.
func TestHostileFilesAreRefusedFirst(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, text, want string }{
		{"bytes", strings.Repeat("# shop\n", 200_000), "larger than 1 MiB; a shop file is a few kilobytes"},
		{"keys", strings.Repeat("a: 1\n", 50_000), "too many keys and values for a shop file"},
		{"quotes", strings.Repeat("'a' ", 60_000), "too many keys and values for a shop file"},
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
			_, _, decoded := decode(t, test.text, world())
			_, parsed := strictyaml.Parse("shop", "shop.yaml", []byte(test.text))
			for _, err := range []error{decoded, parsed} {
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("error = %.300v; want one with %q", err, test.want)
				}
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
