package pipelinefile_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loaderline/loaderline/internal/goldentest"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/strictyaml/strictyamltest"
)

// canary must not be seen in any message.
const canary = "canary-4711"

// world is an environment with a secret in it and no files.
func world() pipelinefile.Options {
	variables := map[string]string{"SECRET": canary, "EMPTY": ""}
	return pipelinefile.Options{
		Getenv: func(name string) (string, bool) {
			value, set := variables[name]
			return value, set
		},
		ReadFile: func(path string) ([]byte, error) {
			return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
		},
	}
}

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
			file, err := pipelinefile.Parse("pipeline.yaml", data, world())
			if err == nil || file != nil {
				t.Fatalf("Parse = %v, %v; want an error and no file", file, err)
			}
			strictyamltest.Problems(t, err)
			got := err.Error() + "\n"
			if strings.Contains(got, canary) {
				t.Errorf("a message shows a variable's value:\n%s", got)
			}
			goldentest.Compare(t, strings.TrimSuffix(path, ".yaml")+".err", got)
		})
	}
}
