package testenv

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestRemoveAbandoned(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	old := time.Now().Add(-time.Hour)
	folder := func(name string, claimed time.Time) string {
		t.Helper()
		dir := filepath.Join(os.TempDir(), folderPrefix("x")+name)
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if claimed.IsZero() {
			return dir
		}
		claim := filepath.Join(dir, "claim")
		if err := errors.Join(os.WriteFile(claim, nil, 0o644), os.Chtimes(claim, claimed, claimed)); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	abandoned, held := folder("abandoned", old), folder("held", old)
	newborn, foreign := folder("newborn", time.Now()), folder("foreign", time.Time{})
	claim := claimFolder(held)
	if err := claim.Lock(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = claim.Close() }()
	removeAbandoned("x")
	for dir, want := range map[string]bool{abandoned: false, held: true, newborn: true, foreign: true} {
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) == want {
			t.Errorf("%s: kept is %t", filepath.Base(dir), !want)
		}
	}
}
