package main

import (
	"context"
	"errors"
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

// noProfile builds without a profile.
const noProfile = "off"

// buildToCompare builds the programs into a folder: loaderline as `make build` does, the others without its profile.
func buildToCompare(ctx context.Context, dir string) error {
	return errors.Join(
		goBuild(ctx, dir, "profiles/loaderline.pgo", "./cmd/loaderline"),
		goBuild(ctx, dir, noProfile, "./bench/tuned", "./bench/naive"))
}

// buildToProfile builds loaderline so that what is recorded does not depend on the profile before it.
func buildToProfile(ctx context.Context, dir string) error {
	return goBuild(ctx, dir, noProfile, "./cmd/loaderline")
}

func goBuild(ctx context.Context, dir, profile string, packages ...string) error {
	args := append([]string{"build", "-trimpath", "-pgo=" + profile, "-ldflags=-s -w", "-o", dir + string(filepath.Separator)}, packages...)
	command := exec.CommandContext(ctx, "go", args...)
	command.Env = append(command.Environ(), "CGO_ENABLED=0")
	command.Stderr = os.Stderr
	if err := command.Run(); err != nil {
		return fmt.Errorf("building %v: %w", packages, err)
	}
	return nil
}
