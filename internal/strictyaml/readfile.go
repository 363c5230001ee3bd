package strictyaml

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// ReadFile reads the file at path for Decode or Parse, which then refuse a file that is too large. It reads no more of it than
// they need for that.
func ReadFile(path string) (data []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return io.ReadAll(io.LimitReader(f, maxFileBytes+1))
}

var errNotRegular = errors.New("it is not a regular file, and not a link to one")

// readRegular reads a regular file as ReadFile does, also through a symbolic link. It refuses anything else at once: a named
// pipe would wait for a writer, and a device may have no end.
func readRegular(path string) (data []byte, err error) {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() { // Opening a device can already do something.
		return nil, irregular(path, err)
	}
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // It may be another file by now.
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, irregular(path, err)
	}
	return io.ReadAll(io.LimitReader(file, maxFileBytes+1))
}

func irregular(path string, err error) error {
	if err != nil {
		return err
	}
	return &fs.PathError{Op: "open", Path: path, Err: errNotRegular}
}
