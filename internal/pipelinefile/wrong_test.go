package pipelinefile_test

import (
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/strictyaml"
)

var update = flag.Bool("update", false, "rewrite the golden files")

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

// problems returns the parts of a joined error.
func problems(t *testing.T, err error) []*strictyaml.Error {
	t.Helper()
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		t.Fatalf("not a joined error: %v", err)
	}
	var list []*strictyaml.Error
	for _, e := range joined.Unwrap() {
		p, ok := errors.AsType[*strictyaml.Error](e)
		if !ok {
			t.Fatalf("not an *Error: %v", e)
		}
		list = append(list, p)
	}
	return list
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
			problems(t, err)
			got := err.Error() + "\n"
			if strings.Contains(got, canary) {
				t.Errorf("a message shows a variable's value:\n%s", got)
			}
			golden := strings.TrimSuffix(path, ".yaml") + ".err"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("messages differ (-want +got):\n%s", diff)
			}
		})
	}
}
