package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/loaderline/loaderline/bench"
	"github.com/loaderline/loaderline/testenv"
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

// peersIn returns the folder of the peers in that of the programs.
func peersIn(dir string) bench.Peers { return bench.Peers(filepath.Join(dir, "peers")) }

// buildWithPeers builds what [buildToCompare] does, and the peers.
func buildWithPeers(ctx context.Context, dir string) error {
	return errors.Join(buildToCompare(ctx, dir), buildPeers(ctx, peersIn(dir)))
}

// buildPeers builds the programs of bench/peers into a folder, which it makes.
func buildPeers(ctx context.Context, dir bench.Peers) error {
	if _, err := testenv.FindJava(ctx); err != nil {
		return err
	}
	if err := os.CopyFS(string(dir), os.DirFS("bench/peers")); err != nil {
		return err
	}
	if err := testenv.Maven(ctx, string(dir), "package"); err != nil {
		return fmt.Errorf("building the peers: %w", err)
	}
	for _, module := range bench.PeerModules() {
		target := filepath.Join(string(dir), module, "target")
		libraries, err := os.ReadFile(filepath.Join(target, "classpath"))
		if err != nil {
			return err
		}
		path := strings.Join([]string{filepath.Join(target, "classes"), strings.TrimSpace(string(libraries))}, string(filepath.ListSeparator))
		if err := os.WriteFile(dir.ClassPath(module), fmt.Appendf(nil, "-cp %q\n", path), 0o600); err != nil {
			return err
		}
	}
	return nil
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
