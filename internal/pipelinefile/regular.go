package pipelinefile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"
)

var errNotRegular = errors.New("it is not a regular file, and not a link to one")

// readRegular reads a regular file, or one that a link leads to, and at most limit bytes of it. It refuses anything else at
// once: a named pipe would wait for a writer, and a device may have no end.
func readRegular(path string, limit int64) (data []byte, err error) {
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
	return io.ReadAll(io.LimitReader(file, limit))
}

func irregular(path string, err error) error {
	if err != nil {
		return err
	}
	return &fs.PathError{Op: "open", Path: path, Err: errNotRegular}
}
