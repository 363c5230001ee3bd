package pebblestore

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// walCategory is what Pebble calls the writes of its log.
const walCategory vfs.DiskWriteCategory = "pebble-wal"

// ErrBlown is the error of reading files that were given up.
var ErrBlown = errors.New("the files are given up")

// FuseFS is the file system that Pebble sees. Pebble ends the process or panics, in its own goroutines, when a
// write fails. So nothing that writes ever fails here: the first failure blows the fuse, and from then on writes go
// nowhere, until the store is closed and its files are removed.
//
// It also makes Pebble's Sync of the log a handing over to the operating system. That is what a killed process needs;
// what a loss of power may take is the log's end, invalidations and positions alike.
type FuseFS struct {
	vfs.FS
	// OnBlow is called with the first failure.
	OnBlow func(error)

	blown atomic.Bool
	// opened says that Pebble has found its files, so that a missing one is a failure.
	opened atomic.Bool
}

// Opened notes that Pebble has found its files.
func (f *FuseFS) Opened() { f.opened.Store(true) }

// Blow gives the files up, without a call of OnBlow.
func (f *FuseFS) Blow() { f.blown.Store(true) }

func (f *FuseFS) blow(err error) {
	if f.blown.CompareAndSwap(false, true) {
		f.OnBlow(err)
	}
}

// attempt does what writes, unless the fuse is blown, and hides its failure.
func (f *FuseFS) attempt(do func() error) error {
	if f.blown.Load() {
		return nil
	}
	if err := do(); err != nil {
		f.blow(err)
	}
	return nil
}

// file gives the file that do makes, or one that goes nowhere.
func (f *FuseFS) file(category vfs.DiskWriteCategory, do func() (vfs.File, error)) (vfs.File, error) {
	var inner vfs.File
	_ = f.attempt(func() (err error) {
		inner, err = do()
		return err
	})
	if f.blown.Load() {
		if inner != nil {
			_ = inner.Close()
		}
		var err error
		if inner, err = vfs.NewMem().Create("nowhere", category); err != nil {
			return nil, err
		}
	}
	return &fuseFile{File: inner, fs: f, wal: category == walCategory}, nil
}

// private gives the file that do makes, for the user of the process alone. Pebble makes them for all.
func (f *FuseFS) private(category vfs.DiskWriteCategory, do func() (vfs.File, error)) (vfs.File, error) {
	return f.file(category, func() (vfs.File, error) {
		made, err := do()
		if made, ok := made.(interface{ Chmod(os.FileMode) error }); ok && err == nil {
			_ = made.Chmod(0o600) // Where there are no modes it fails, and the folder is private all the same.
		}
		return made, err
	})
}

// Create implements vfs.FS.
func (f *FuseFS) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	return f.private(category, func() (vfs.File, error) { return f.FS.Create(name, category) })
}

// ReuseForWrite implements vfs.FS.
func (f *FuseFS) ReuseForWrite(oldname, newname string, category vfs.DiskWriteCategory) (vfs.File, error) {
	return f.private(category, func() (vfs.File, error) { return f.FS.ReuseForWrite(oldname, newname, category) })
}

// OpenReadWrite implements vfs.FS.
func (f *FuseFS) OpenReadWrite(name string, category vfs.DiskWriteCategory, opts ...vfs.OpenOption) (vfs.File, error) {
	return f.private(category, func() (vfs.File, error) { return f.FS.OpenReadWrite(name, category, opts...) })
}

// Open never says that a file is missing once the store is open: Pebble would end the process.
func (f *FuseFS) Open(name string, opts ...vfs.OpenOption) (vfs.File, error) {
	if f.blown.Load() {
		return nil, ErrBlown
	}
	file, err := f.FS.Open(name, opts...)
	if err != nil && f.opened.Load() {
		f.blow(err)
		return nil, fmt.Errorf("%w: %v", ErrBlown, err) //nolint:errorlint // A missing file must not be recognised as one.
	}
	return file, err
}

// OpenDir implements vfs.FS.
func (f *FuseFS) OpenDir(name string) (vfs.File, error) {
	return f.file("", func() (vfs.File, error) { return f.FS.OpenDir(name) })
}

// Link implements vfs.FS.
func (f *FuseFS) Link(oldname, newname string) error {
	return f.attempt(func() error { return f.FS.Link(oldname, newname) })
}

// Rename implements vfs.FS.
func (f *FuseFS) Rename(oldname, newname string) error {
	return f.attempt(func() error { return f.FS.Rename(oldname, newname) })
}

// MkdirAll implements vfs.FS.
func (f *FuseFS) MkdirAll(dir string, perm os.FileMode) error {
	return f.attempt(func() error { return f.FS.MkdirAll(dir, perm&0o700) })
}

// Remove implements vfs.FS.
func (f *FuseFS) Remove(name string) error {
	return f.attempt(func() error { return unlessMissing(f.FS.Remove(name)) })
}

// RemoveAll implements vfs.FS.
func (f *FuseFS) RemoveAll(name string) error {
	return f.attempt(func() error { return unlessMissing(f.FS.RemoveAll(name)) })
}

// Lock does nothing: the folder is claimed.
func (f *FuseFS) Lock(string) (io.Closer, error) { return io.NopCloser(nil), nil }

// Unwrap hides the file system below, so that Pebble does not go around this one.
func (f *FuseFS) Unwrap() vfs.FS { return nil }

func unlessMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// fuseFile is a file that is written.
type fuseFile struct {
	vfs.File
	fs  *FuseFS
	wal bool
}

func (f *fuseFile) Write(p []byte) (int, error) {
	return len(p), f.fs.attempt(func() error {
		_, err := f.File.Write(p)
		return err
	})
}

func (f *fuseFile) WriteAt(p []byte, offset int64) (int, error) {
	return len(p), f.fs.attempt(func() error {
		_, err := f.File.WriteAt(p, offset)
		return err
	})
}

// Preallocate may fail, since some file systems cannot do it.
func (f *fuseFile) Preallocate(offset, length int64) error {
	if !f.fs.blown.Load() {
		_ = f.File.Preallocate(offset, length)
	}
	return nil
}

func (f *fuseFile) Sync() error {
	if f.wal {
		return nil
	}
	return f.fs.attempt(f.File.Sync)
}

func (f *fuseFile) SyncData() error {
	if f.wal {
		return nil
	}
	return f.fs.attempt(f.File.SyncData)
}

func (f *fuseFile) SyncTo(length int64) (full bool, _ error) {
	if f.wal {
		return false, nil
	}
	return full, f.fs.attempt(func() (err error) {
		full, err = f.File.SyncTo(length)
		return err
	})
}

// Close syncs a log that is complete: the next one must not outlast it.
func (f *fuseFile) Close() error {
	if f.wal {
		_ = f.fs.attempt(f.File.SyncData)
	}
	if err := f.File.Close(); err != nil {
		f.fs.blow(err)
	}
	return nil
}
