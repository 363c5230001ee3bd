//go:build unix

package disktier_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/loaderline/loaderline/stages/cache/disktier"
)

// used is a folder of a tier that has held something.
func used(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "part")
	tier := open(t, disktier.Config{Dir: dir})
	set(t, tier, "1", "value")
	closed(t, tier)
	return dir
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Whoever else can write into a folder can make it hold any rows. It is never opened then.
func TestFolderOfOthersIsRefused(t *testing.T) {
	table := func(t *testing.T, dir string) string {
		t.Helper()
		files, err := filepath.Glob(filepath.Join(dir, "data", "*"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%v, %v", files, err)
		}
		return files[0]
	}
	// linked replaces a file or folder by a link to it.
	linked := func(t *testing.T, path string) {
		t.Helper()
		elsewhere := filepath.Join(t.TempDir(), "elsewhere")
		must(t, os.Rename(path, elsewhere))
		must(t, os.Symlink(elsewhere, path))
	}
	for name, test := range map[string]struct {
		change func(t *testing.T, dir string)
		says   string
	}{
		"writable by all":        {func(t *testing.T, dir string) { t.Helper(); must(t, os.Chmod(dir, 0o777)) }, "can be written by other users (mode 0777)"},
		"writable by a group":    {func(t *testing.T, dir string) { t.Helper(); must(t, os.Chmod(dir, 0o770)) }, "can be written by other users (mode 0770)"},
		"data writable by all":   {func(t *testing.T, dir string) { t.Helper(); must(t, os.Chmod(filepath.Join(dir, "data"), 0o777)) }, "can be written by other users"},
		"a file writable by all": {func(t *testing.T, dir string) { t.Helper(); must(t, os.Chmod(table(t, dir), 0o666)) }, "can be written by other users"},
		"a mark writable by all": {func(t *testing.T, dir string) {
			t.Helper()
			must(t, os.Chmod(filepath.Join(dir, "LOADERLINE-CACHE"), 0o666))
		}, "can be written by other users"},
		"a link":             {linked, "is a symbolic link"},
		"data is a link":     {func(t *testing.T, dir string) { t.Helper(); linked(t, filepath.Join(dir, "data")) }, "is a symbolic link"},
		"a file is a link":   {func(t *testing.T, dir string) { t.Helper(); linked(t, table(t, dir)) }, "is a symbolic link"},
		"the mark is a link": {func(t *testing.T, dir string) { t.Helper(); linked(t, filepath.Join(dir, "LOADERLINE-CACHE")) }, "is a symbolic link"},
		"the lock is a link": {func(t *testing.T, dir string) { t.Helper(); linked(t, filepath.Join(dir, "lock")) }, "is a symbolic link"},
		"the mark is a pipe": {func(t *testing.T, dir string) {
			t.Helper()
			mark := filepath.Join(dir, "LOADERLINE-CACHE")
			must(t, os.Remove(mark))
			must(t, syscall.Mkfifo(mark, 0o600))
		}, "is neither a file nor a folder"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := used(t)
			test.change(t, dir)
			tier, err := disktier.Open(disktier.Config{Dir: dir})
			if err == nil {
				closed(t, tier)
			}
			if err == nil || !strings.Contains(err.Error(), test.says) || !strings.Contains(err.Error(), dir) {
				t.Errorf("Open: %v, want an error that says it %s", err, test.says)
			}
		})
	}
}

// Only the superuser can give a file away, so that others do not see this fail.
func TestFolderOfAnotherOwnerIsRefused(t *testing.T) {
	for _, what := range []string{"", "data", "LOADERLINE-CACHE"} {
		dir := used(t)
		err := os.Chown(filepath.Join(dir, what), 12345, -1)
		if errors.Is(err, fs.ErrPermission) && os.Geteuid() != 0 {
			t.Logf("%q: this user cannot give files away", what)
			continue
		}
		must(t, err)
		tier, err := disktier.Open(disktier.Config{Dir: dir})
		if err == nil {
			closed(t, tier)
		}
		if err == nil || !strings.Contains(err.Error(), "belongs to another user (uid 12345)") {
			t.Errorf("%q: %v", what, err)
		}
	}
}

// The rows of the files are for the user of the process alone.
func TestNobodyElseReadsTheFiles(t *testing.T) {
	err := filepath.WalkDir(used(t), func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %04o", path, info.Mode().Perm())
		}
		return err
	})
	must(t, err)
}
