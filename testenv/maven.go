package testenv

import (
	"context"
	"fmt"
	"os/exec"
)

// fromMaven returns the folder of the cache with a name. Where this user has not got it yet, Maven fills it: goal returns its
// arguments, which make it write to the folder out, and it may write files to the folder work, in which Maven runs.
func fromMaven(ctx context.Context, name string, goal func(work, out string) ([]string, error)) (string, error) {
	return cached(ctx, name, func(work, out string) error {
		args, err := goal(work, out)
		if err != nil {
			return err
		}
		if err := Maven(ctx, work, args...); err != nil {
			return fmt.Errorf("downloading %s: %w", name, err)
		}
		return nil
	})
}

// Maven runs Maven in a folder. Its error has the end of what Maven said.
func Maven(ctx context.Context, dir string, args ...string) error {
	paths, err := locate(ctx, onPath("mvn", "maven"))
	if err != nil {
		return err
	}
	mvn := exec.CommandContext(ctx, paths[0], append([]string{"-B", "-q"}, args...)...)
	mvn.Dir = dir
	said, err := mvn.CombinedOutput()
	if err != nil {
		return fmt.Errorf("maven: %w\n%s", err, said[max(0, len(said)-2<<10):])
	}
	return nil
}

// FindJava returns the path of a Java that can compile, as Maven needs it.
func FindJava(ctx context.Context) (string, error) {
	const jdk = "default-jdk-headless"
	paths, err := locate(ctx, onPath("java", jdk), onPath("javac", jdk))
	if err != nil {
		return "", fmt.Errorf("finding Java: %w", err)
	}
	return paths[0], nil
}
