package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime/pprof"
	"syscall"

	"github.com/loaderline/loaderline/internal/cli"
)

// startProfile begins a CPU profile of the process, which stop writes to the file at path. Without a path it does nothing.
func startProfile(path string) (stop func() error, err error) {
	if path == "" {
		return func() error { return nil }, nil
	}
	file, err := createRegular(path)
	if err != nil {
		return nil, cli.Usagef("--cpu-profile: %w", err)
	}
	out := bufio.NewWriter(file) // It keeps an error of writing, which pprof does not return.
	if err := pprof.StartCPUProfile(out); err != nil {
		return nil, errors.Join(fmt.Errorf("--cpu-profile: %w", err), file.Close())
	}
	return func() error {
		pprof.StopCPUProfile()
		if err := errors.Join(out.Flush(), file.Close()); err != nil {
			return fmt.Errorf("--cpu-profile: %w", err)
		}
		return nil
	}, nil
}

// createRegular makes a file, or empties one that is there. It follows no link and writes to nothing but a regular file:
// in a folder of others, a link could lead to any file of this user.
func createRegular(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666) // Which follows no link.
	if !errors.Is(err, fs.ErrExist) {
		return file, err
	}
	named, err := os.Lstat(path)
	switch {
	case err != nil:
		return nil, err
	case named.Mode()&fs.ModeSymlink != 0:
		return nil, fmt.Errorf("%s is a symbolic link; name a regular file, or one that does not exist", path)
	case !named.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a regular file; name one, or a file that does not exist", path)
	}
	if file, err = os.OpenFile(path, os.O_WRONLY|syscall.O_NONBLOCK, 0); err != nil {
		return nil, err
	}
	opened, err := file.Stat()
	if err == nil && !os.SameFile(named, opened) {
		err = fmt.Errorf("%s was replaced while it was opened", path)
	}
	if err == nil {
		err = file.Truncate(0)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}
