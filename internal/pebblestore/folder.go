package pebblestore

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
	lockName    = "lock"
	dataName    = "data"
	stalePrefix = "stale-"
)

// Content says what directories hold.
type Content struct {
	// Name is what a directory is in errors and in its mark, such as cache.
	Name string
	// Format is the format of the data.
	Format int
}

// markName is the file of the mark.
func (c Content) markName() string { return "LOADERLINE-" + strings.ToUpper(c.Name) }

// markStart begins every mark; what follows is the format of the data.
func (c Content) markStart() string { return "loaderline " + c.Name + ", format " }

func (c Content) format() string { return fmt.Sprintf("%s%d\n", c.markStart(), c.Format) }

func (c Content) mark() string {
	return c.format() + "While no loaderline runs, this directory may be deleted: it is then filled anew.\n"
}

// ErrHeld is the error of Claim if another process uses the directory, or another store of this process.
var ErrHeld = errors.New("in use by another process")

// Folder is a claimed directory: the mark that says whose it is, the lock of the process that has it, and the data.
type Folder struct {
	dir     string
	content Content
	lock    *flock.Flock
}

// Claim takes the directory, which it makes if it does not exist. It leaves one alone that others can write to, or that is not empty
// and has no mark. Data of another format is given up.
func Claim(dir string, content Content) (_ *Folder, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := privatedir.CheckAll(dir); err != nil { // Before anything in it is opened: a link or a pipe may have been put there.
		return nil, err
	}
	if err := checkOurs(dir, content); err != nil {
		return nil, err
	}
	f := &Folder{dir: dir, content: content, lock: flock.New(filepath.Join(dir, lockName), flock.SetPermissions(0o600))}
	got, err := f.lock.TryLock()
	switch {
	case err != nil:
		return nil, err
	case !got:
		return nil, fmt.Errorf("%s is %w", dir, ErrHeld)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Release())
		}
	}()
	found, err := readMark(dir, content)
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(found, content.format()) {
		if err := f.Distrust(); err != nil {
			return nil, err
		}
		if err := f.writeMark(); err != nil {
			return nil, err
		}
	}
	return f, f.Clean()
}

// Data is where the data is.
func (f *Folder) Data() string { return filepath.Join(f.dir, dataName) }

// Distrust sees to it that what the folder holds is never opened again. It takes no room on the disk, and holds
// through a loss of power.
func (f *Folder) Distrust() error {
	err := os.Rename(f.Data(), filepath.Join(f.dir, fmt.Sprint(stalePrefix, time.Now().UnixNano())))
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

// Clean removes what is not trusted.
func (f *Folder) Clean() error {
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

// Release gives the folder up. The lock file stays: removing it could take it from under another process.
func (f *Folder) Release() error { return f.lock.Unlock() }

// writeMark replaces the mark at once, so that no crash leaves half of one.
func (f *Folder) writeMark() error {
	half := filepath.Join(f.dir, stalePrefix+f.content.markName())
	if err := os.WriteFile(half, []byte(f.content.mark()), 0o600); err != nil {
		return err
	}
	return os.Rename(half, filepath.Join(f.dir, f.content.markName()))
}

func readMark(dir string, content Content) (string, error) {
	b, err := os.ReadFile(filepath.Join(dir, content.markName()))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return string(b), err
}

// checkOurs says whether the directory is empty or marked.
func checkOurs(dir string, content Content) error {
	found, err := readMark(dir, content)
	if err != nil || strings.HasPrefix(found, content.markStart()) {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if name := e.Name(); name != lockName && name != stalePrefix+content.markName() {
			return fmt.Errorf("%s holds %s and is not a %s of loaderline: name an empty directory, or one that does not exist", dir, name, content.Name)
		}
	}
	return nil
}

// Renew claims the folder again, which may have been deleted, and empties it.
func (f *Folder) Renew() error {
	if err := f.Release(); err != nil {
		return err
	}
	again, err := Claim(f.dir, f.content)
	if err != nil {
		return err
	}
	f.lock = again.lock
	return errors.Join(f.Distrust(), f.Clean())
}
