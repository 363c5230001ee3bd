// Package privatedir says whether only this user can write to a folder. If another user can write, delete or put a link into
// it, it can hold anything.
package privatedir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// writable are the permissions of others to write.
const writable = 0o022

// Error says what is wrong with a file or folder, and what to do.
type Error struct{ Path, Problem string }

// Error implements error.
func (e *Error) Error() string {
	return fmt.Sprintf("%s %s: name a folder that only the user of this process can write to, or remove this one", e.Path, e.Problem)
}

// Check returns an *Error if others can put something into a folder, or if it is not a folder. A sticky folder, as /tmp is,
// may be writable by others: they cannot replace what is not theirs in it. Check accepts a folder that is not there.
func Check(dir string) error {
	info, err := os.Lstat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Mode()&fs.ModeSymlink != 0:
		return &Error{dir, "is a symbolic link"}
	case !info.IsDir():
		return &Error{dir, "is not a folder"}
	}
	return trusted(dir, info, info.Mode()&fs.ModeSticky != 0)
}

// CheckAll is Check of a folder and of everything in it. This may only be folders and regular files that others cannot
// write to.
func CheckAll(dir string) error {
	return filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		info, err := os.Lstat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil // It never was there, or a process that has the folder removed it.
		case err != nil:
			return err
		case info.Mode()&fs.ModeSymlink != 0:
			return &Error{path, "is a symbolic link"}
		case !info.IsDir() && !info.Mode().IsRegular():
			return &Error{path, "is neither a file nor a folder"}
		}
		return trusted(path, info, false)
	})
}

func trusted(path string, info fs.FileInfo, sticky bool) error {
	if uid, known := owner(info); known && uid != os.Geteuid() && uid != 0 {
		return &Error{path, fmt.Sprintf("belongs to another user (uid %d)", uid)}
	}
	if info.Mode().Perm()&writable != 0 && !sticky {
		return &Error{path, fmt.Sprintf("can be written by other users (mode %04o)", info.Mode().Perm())}
	}
	return nil
}
