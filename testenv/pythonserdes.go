package testenv

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

//go:embed serdes/requirements.txt
var pythonRequirements []byte

// FindPythonSerdes returns the path of a Python that has Confluent's client with its serializers, and fastavro. They are downloaded
// by pip once, into an environment in the user's cache folder.
func FindPythonSerdes(ctx context.Context) (string, error) {
	paths, err := locate(ctx, pythonProgram(ctx))
	if err != nil {
		return "", fmt.Errorf("finding Python: %w", err)
	}
	// Compiled modules belong to one version of Python.
	version, err := exec.CommandContext(ctx, paths[0], "-c", "import sys; print(sys.implementation.cache_tag)").Output()
	if err != nil {
		return "", fmt.Errorf("asking %s for its version: %w", paths[0], err)
	}
	name := "python-" + strings.TrimSpace(string(version)) + "-" + digest(pythonRequirements)
	dir, err := cached(ctx, name, func(work, out string) error {
		requirements := filepath.Join(work, "requirements.txt")
		if err := os.WriteFile(requirements, pythonRequirements, 0o644); err != nil {
			return err
		}
		for _, argv := range [][]string{
			{paths[0], "-m", "venv", out},
			{filepath.Join(out, "bin", "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", requirements},
		} {
			said, err := exec.CommandContext(ctx, argv[0], argv[1:]...).CombinedOutput()
			if err != nil {
				return fmt.Errorf("%s: %w\n%s", strings.Join(argv, " "), err, said[max(0, len(said)-2<<10):])
			}
		}
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("installing Confluent's Python client: %w", err)
	}
	return filepath.Join(dir, "bin", "python"), nil
}

// pythonProgram is a Python that can make environments: Debian has that part in a package of its own.
func pythonProgram(ctx context.Context) program {
	return program{name: "python3 (3.10 or newer, with venv and pip)", debian: "python3-venv", find: func() (string, error) {
		path, err := exec.LookPath("python3")
		if err != nil {
			return "", err
		}
		return path, exec.CommandContext(ctx, path, "-c", "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))").Run()
	}}
}

// digest names contents in the cache, so that other contents have another name.
func digest(contents []byte) string {
	sum := sha256.Sum256(contents)
	return hex.EncodeToString(sum[:6])
}
