package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/loaderline/loaderline/bench"
)

// programsIn returns the paths of the programs in a folder.
func programsIn(dir string) bench.Programs {
	return bench.Programs{
		Loaderline: filepath.Join(dir, "loaderline"), Tuned: filepath.Join(dir, "tuned"), Naive: filepath.Join(dir, "naive"),
	}
}

// build builds the programs into a folder.
func build(ctx context.Context, dir string) error {
	command := exec.CommandContext(ctx, "go", "build", "-o", dir+string(filepath.Separator), "./cmd/loaderline", "./bench/tuned", "./bench/naive")
	command.Stderr = os.Stderr
	if err := command.Run(); err != nil {
		return fmt.Errorf("building the programs: %w", err)
	}
	return nil
}
