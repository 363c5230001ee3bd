package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"runtime/pprof"
)

// startProfile begins a CPU profile of the process, which stop writes to the file at path. Without a path it does nothing.
func startProfile(path string) (stop func() error, err error) {
	if path == "" {
		return func() error { return nil }, nil
	}
	file, err := os.Create(path)
	if err != nil {
		return nil, usagef("--cpu-profile: %w", err)
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
