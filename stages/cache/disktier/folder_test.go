package disktier_test

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loaderline/loaderline/internal/cachetier"
	"github.com/loaderline/loaderline/internal/logtest"
	"github.com/loaderline/loaderline/stages/cache/disktier"
)

// copied is a folder as it is now, without its lock and what is being removed.
func copied(t *testing.T, dir string) string {
	t.Helper()
	to := t.TempDir()
	mark, err := os.ReadFile(filepath.Join(dir, "LOADERLINE-CACHE"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(to, "LOADERLINE-CACHE"), string(mark))
	err = os.CopyFS(filepath.Join(to, "data"), os.DirFS(filepath.Join(dir, "data")))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return to
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestForeignDirectoryIsLeftAlone(t *testing.T) {
	for name, file := range map[string]string{
		"a file": "photo.jpg", "a database": "data/000004.log", "a mark of something else": "LOADERLINE-CACHE",
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, filepath.Join(dir, file), "precious")
			_, err := disktier.Open(disktier.Config{Dir: dir})
			if err == nil || !strings.Contains(err.Error(), "is not a cache of loaderline") {
				t.Errorf("error %v", err)
			}
			if b, err := os.ReadFile(filepath.Join(dir, file)); err != nil || string(b) != "precious" {
				t.Errorf("the file is %q, %v", b, err)
			}
			if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
				t.Errorf("the directory holds %v, %v", entries, err)
			}
		})
	}
}

func TestHeldDirectory(t *testing.T) {
	dir := t.TempDir()
	tier := open(t, disktier.Config{Dir: dir})
	set(t, tier, "1", "value")
	_, err := disktier.Open(disktier.Config{Dir: dir})
	if !errors.Is(err, disktier.ErrHeld) || err.Error() != dir+" is in use by another process" {
		t.Errorf("a second tier on a directory: %v", err)
	}
	expect(t, tier, "1", "value")
	closed(t, tier)
	tier = open(t, disktier.Config{Dir: dir})
	expect(t, tier, "1", "value")
	closed(t, tier)
}

// TestUnreadableData: what cannot be read is given up, and the tier is empty and of use.
func TestUnreadableData(t *testing.T) {
	overwrite := func(pattern, text string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			t.Helper()
			paths, err := filepath.Glob(filepath.Join(dir, "data", pattern))
			if err != nil || len(paths) == 0 {
				t.Fatalf("%v match %s, %v", paths, pattern, err)
			}
			for _, path := range paths {
				if text == "" {
					err = errors.Join(err, os.Remove(path))
				} else {
					write(t, path, text)
				}
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	filled := filepath.Join(t.TempDir(), "cache")
	tier := open(t, disktier.Config{Dir: filled, Memory: 8 << 20})
	set(t, tier, "old", "value")
	fill(t, tier, 50_000) // More than stays out of tables.
	if err := tier.SavePositions(t.Context(), []cachetier.Position{{Topic: "changes", Offset: 7}}); err != nil {
		t.Fatal(err)
	}
	closed(t, tier)
	for name, damage := range map[string]func(t *testing.T, dir string){
		"manifest corrupt": overwrite("MANIFEST-*", "not a manifest"),
		"manifest gone":    overwrite("MANIFEST-*", ""),
		"tables corrupt":   overwrite("*.sst", "not a table"),
		"tables gone":      overwrite("*.sst", ""),
		"options corrupt":  overwrite("OPTIONS-*", "[not options"),
		"data is a file":   overwriteWithFile,
		"of another format": func(t *testing.T, dir string) {
			t.Helper()
			write(t, filepath.Join(dir, "LOADERLINE-CACHE"), "loaderline cache, format 0\n")
		},
		"half removed":       halfRemoved,
		"all files are gone": remove,
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "cache")
			if err := os.CopyFS(dir, os.DirFS(filled)); err != nil {
				t.Fatal(err)
			}
			damage(t, dir)
			tier := open(t, disktier.Config{Dir: dir})
			defer closed(t, tier)
			expect(t, tier, "old", "")
			if positions, err := tier.Positions(t.Context()); err != nil || len(positions) > 0 {
				t.Errorf("positions %v, %v", positions, err)
			}
			set(t, tier, "new", "value")
			expect(t, tier, "new", "value")
			if left, err := filepath.Glob(filepath.Join(dir, "stale-*")); err != nil || len(left) > 0 {
				t.Errorf("%v is left, %v", left, err)
			}
		})
	}
}

func overwriteWithFile(t *testing.T, dir string) {
	t.Helper()
	remove(t, filepath.Join(dir, "data"))
	write(t, filepath.Join(dir, "data"), "not a directory")
}

func halfRemoved(t *testing.T, dir string) {
	t.Helper()
	if err := os.Rename(filepath.Join(dir, "data"), filepath.Join(dir, "stale-1")); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
}

func TestDirectoryDeletedWhileItIsUsed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cache")
	tier, err := disktier.OpenOn(disktier.Config{Dir: dir, Memory: 8 << 20}, disktier.OSFS, 10*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	set(t, tier, "old", "value")
	remove(t, dir)
	keys, entries := sequence(5000)
	eventually(t, "the directory is missed", func() bool {
		tier.Set(t.Context(), space, keys, entries)
		return tier.Stats().Failures > 0
	})
	eventually(t, "the directory is there again", func() bool {
		set(t, tier, "new", "value")
		return value(t, tier, "new") == "value"
	})
	expect(t, tier, "old", "")
	closed(t, tier)
	tier = open(t, disktier.Config{Dir: dir})
	defer closed(t, tier)
	expect(t, tier, "new", "value")
}

// TestDirectoryOfAnotherInItsPlace: what is there when the disk is tried again may belong to somebody else by now.
func TestDirectoryOfAnotherInItsPlace(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cache")
	var log logtest.Buffer
	tier, err := disktier.OpenOn(disktier.Config{Dir: dir, Memory: 8 << 20, Logger: log.Logger(slog.LevelDebug)}, disktier.OSFS, 10*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, tier)
	remove(t, dir)
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "thesis.txt"), "years of work")
	keys, entries := sequence(5000)
	eventually(t, "the directory is missed", func() bool {
		tier.Set(t.Context(), space, keys, entries)
		return tier.Stats().Failures > 0
	})
	eventually(t, "it is tried again", func() bool { return log.Count("the disk still cannot be used") > 0 })
	if tier.Stats().Up {
		t.Error("the tier uses a directory that is not its own")
	}
	if _, err := os.Stat(filepath.Join(dir, "data")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it has written there: %v", err)
	}
}

func TestConfigIsChecked(t *testing.T) {
	_, err := disktier.Open(disktier.Config{MaxBytes: 1, Memory: -1})
	if err == nil || strings.Count(err.Error(), "disktier: ") != 3 {
		t.Errorf("error %v", err)
	}
}
