package testenv

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// A folder is filled once, and what failed leaves nothing that looks like a folder.
func TestCached(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	broken := errors.New("the network is away")
	fills := 0
	fill := func(err error) (string, error) {
		return cached(t.Context(), "jars", func(_, out string) error {
			fills++
			return errors.Join(os.MkdirAll(out, 0o755), os.WriteFile(filepath.Join(out, "a.jar"), []byte("a"), 0o644), err)
		})
	}
	if dir, err := fill(broken); !errors.Is(err, broken) {
		t.Fatalf("%q, %v", dir, err)
	}
	for range 2 {
		dir, err := fill(nil)
		if err != nil {
			t.Fatal(err)
		}
		if text, err := os.ReadFile(filepath.Join(dir, "a.jar")); string(text) != "a" {
			t.Fatalf("%q, %v", text, err)
		}
	}
	if fills != 2 {
		t.Errorf("filled %d times, want 2: a failure and a success", fills)
	}
	left, err := filepath.Glob(filepath.Join(os.Getenv("XDG_CACHE_HOME"), "loaderline", "download-*"))
	if err != nil || len(left) != 0 {
		t.Errorf("%q are left, %v", left, err)
	}
}
