package disktier

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"github.com/loaderline/loaderline/internal/privatedir"
)

const (
	markName    = "LOADERLINE-CACHE"
	lockName    = "lock"
	dataName    = "data"
	stalePrefix = "stale-"

	// markStart begins every mark; what follows is the format of the data.
	markStart = "loaderline cache, format "
	format    = markStart + "1\n"
	mark      = format + "While no loaderline runs, this directory may be deleted: it is then filled anew.\n"
)

// ErrHeld is the error of Open if another process uses the directory, or another tier of this process.
var ErrHeld = errors.New("in use by another process")

// folder is a claimed directory: the mark that says whose it is, the lock of the process that has it, and the data.
type folder struct {
	dir  string
	lock *flock.Flock
}

// claim takes the directory. It leaves one alone that others can write to, or that is not empty and has no mark. Data of another format is given up.
func claim(dir string) (_ *folder, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := privatedir.CheckAll(dir); err != nil { // Before anything in it is opened: a link or a pipe may have been put there.
		return nil, err
	}
	if err := checkOurs(dir); err != nil {
		return nil, err
	}
	f := &folder{dir: dir, lock: flock.New(filepath.Join(dir, lockName), flock.SetPermissions(0o600))}
	got, err := f.lock.TryLock()
	switch {
	case err != nil:
		return nil, err
	case !got:
		return nil, fmt.Errorf("%s is %w", dir, ErrHeld)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.release())
		}
	}()
	found, err := readMark(dir)
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(found, format) {
		if err := f.distrust(); err != nil {
			return nil, err
		}
		if err := f.writeMark(); err != nil {
			return nil, err
		}
	}
	return f, f.clean()
}

func (f *folder) data() string { return filepath.Join(f.dir, dataName) }

// distrust sees to it that what the folder holds is never opened again. It takes no room on the disk, and holds
// through a loss of power.
func (f *folder) distrust() error {
	err := os.Rename(f.data(), filepath.Join(f.dir, fmt.Sprint(stalePrefix, time.Now().UnixNano())))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	dir, err := os.Open(f.dir)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// clean removes what is not trusted.
func (f *folder) clean() error {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), stalePrefix) {
			errs = append(errs, os.RemoveAll(filepath.Join(f.dir, e.Name())))
		}
	}
	return errors.Join(errs...)
}

// release gives the folder up. The lock file stays: removing it could take it from under another process.
func (f *folder) release() error { return f.lock.Unlock() }

// writeMark replaces the mark at once, so that no crash leaves half of one.
func (f *folder) writeMark() error {
	half := filepath.Join(f.dir, stalePrefix+markName)
	if err := os.WriteFile(half, []byte(mark), 0o600); err != nil {
		return err
	}
	return os.Rename(half, filepath.Join(f.dir, markName))
}

func readMark(dir string) (string, error) {
	b, err := os.ReadFile(filepath.Join(dir, markName))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return string(b), err
}

// checkOurs says whether the directory is empty or marked.
func checkOurs(dir string) error {
	found, err := readMark(dir)
	if err != nil || strings.HasPrefix(found, markStart) {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if name := e.Name(); name != lockName && name != stalePrefix+markName {
			return fmt.Errorf("%s holds %s and is not a cache of loaderline: name an empty directory, or one that does not exist", dir, name)
		}
	}
	return nil
}

// renew claims the folder again, which may have been deleted, and empties it.
func (f *folder) renew() error {
	if err := f.release(); err != nil {
		return err
	}
	again, err := claim(f.dir)
	if err != nil {
		return err
	}
	f.lock = again.lock
	return errors.Join(f.distrust(), f.clean())
}
