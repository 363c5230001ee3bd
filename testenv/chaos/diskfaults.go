package chaos

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
)

// diskDeleted removes the files of the cache on disk under the processes that use them.
var diskDeleted = Fault{
	Name: "disk cache deleted",
	Inject: func(_ context.Context, r *Round) error {
		entries, err := os.ReadDir(r.disk)
		errs := []error{err}
		for _, e := range entries {
			errs = append(errs, os.RemoveAll(filepath.Join(r.disk, e.Name())))
		}
		return errors.Join(errs...)
	},
}

// diskCorrupted overwrites the middle of each file of the cache on disk.
var diskCorrupted = Fault{
	Name: "disk cache corrupted",
	Inject: func(_ context.Context, r *Round) error {
		return filepath.WalkDir(r.disk, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.Type().IsRegular() {
				return ignoreMissing(err)
			}
			return ignoreMissing(scribble(path, r.random))
		})
	},
}

// diskFull leaves no room on the file system of the cache on disk.
var diskFull = Fault{
	Name: "disk cache full",
	Missing: func(r *Round) string {
		if !r.mounted {
			return "the right to mount a small file system"
		}
		return ""
	},
	Inject: func(_ context.Context, r *Round) error {
		filler, err := os.Create(filepath.Join(r.disk, "filler"))
		if err != nil {
			return err
		}
		block := make([]byte, 1<<16)
		for err == nil {
			_, err = filler.Write(block)
		}
		if errors.Is(err, syscall.ENOSPC) {
			err = nil
		}
		return errors.Join(err, filler.Close())
	},
	Heal: func(_ context.Context, r *Round) error {
		return ignoreMissing(os.Remove(filepath.Join(r.disk, "filler")))
	},
}

// scribble overwrites what is in the middle of a file.
func scribble(path string, random *rand.Rand) error {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err == nil && info.Size() > 0 {
		_, err = file.WriteAt(bytes.Repeat([]byte{byte(random.Uint32())}, int(info.Size()+3)/4), info.Size()/2)
	}
	return errors.Join(err, file.Close())
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

const smallFileSystem = "size=256m"

// makeDisk makes the folder of the cache on disk, on a small file system where that is allowed.
func (r *Round) makeDisk() error {
	r.disk = filepath.Join(r.dir, "disk")
	if err := os.Mkdir(r.disk, 0o755); err != nil {
		return err
	}
	r.mounted = syscall.Mount("tmpfs", r.disk, "tmpfs", 0, smallFileSystem) == nil
	return nil
}

func (r *Round) unmakeDisk() error {
	if !r.mounted {
		return nil
	}
	r.mounted = false
	return syscall.Unmount(r.disk, syscall.MNT_DETACH)
}
