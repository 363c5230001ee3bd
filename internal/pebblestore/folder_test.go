package pebblestore_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/loaderline/loaderline/internal/pebblestore"
)

// A directory holds what it was claimed for first. Data of another format is not opened.
func TestADirectoryHasOneContent(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	claim := func(c pebblestore.Content) *pebblestore.Folder {
		t.Helper()
		f, err := pebblestore.Claim(dir, c)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	table := pebblestore.Content{Name: "table", Format: 1}
	f := claim(table)
	if err := os.MkdirAll(f.Data(), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := pebblestore.Claim(dir, table); !errors.Is(err, pebblestore.ErrHeld) {
		t.Errorf("Claim of a directory in use: %v", err)
	}
	release := func(f *pebblestore.Folder) {
		t.Helper()
		if err := f.Release(); err != nil {
			t.Fatal(err)
		}
	}
	release(f)
	if _, err := pebblestore.Claim(dir, pebblestore.Content{Name: "cache", Format: 1}); err == nil || !strings.Contains(err.Error(), "is not a cache of loaderline") {
		t.Errorf("Claim for a cache: %v", err)
	}
	f = claim(table)
	if _, err := os.Stat(f.Data()); err != nil {
		t.Errorf("the data of the format is gone: %v", err)
	}
	release(f)
	f = claim(pebblestore.Content{Name: "table", Format: 2})
	if _, err := os.Stat(f.Data()); !os.IsNotExist(err) {
		t.Errorf("the data of another format is there: %v", err)
	}
	release(f)
	if left, err := filepath.Glob(filepath.Join(dir, "stale-*")); err != nil || len(left) > 0 {
		t.Errorf("stale data is left: %v (%v)", left, err)
	}
}

func TestGuard(t *testing.T) {
	t.Parallel()
	wrong := errors.New("wrong")
	for name, test := range map[string]struct {
		do   func() error
		says string
	}{
		"nothing":  {do: func() error { return nil }},
		"an error": {do: func() error { return wrong }, says: "wrong"},
		"a panic":  {do: func() error { panic("no room") }, says: "pebble panicked: no room"},
		"the end of the goroutine": {do: func() error {
			runtime.Goexit()
			return nil
		}, says: "pebble gave up"},
	} {
		if err := pebblestore.Guard(test.do); (err == nil) != (test.says == "") || err != nil && err.Error() != test.says {
			t.Errorf("%s: %v, want %q", name, err, test.says)
		}
	}
}
