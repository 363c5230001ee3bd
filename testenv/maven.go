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
		paths, err := locate(ctx, onPath("mvn", "maven"))
		if err != nil {
			return err
		}
		args, err := goal(work, out)
		if err != nil {
			return err
		}
		mvn := exec.CommandContext(ctx, paths[0], append([]string{"-B", "-q"}, args...)...)
		mvn.Dir = work
		said, err := mvn.CombinedOutput()
		if err != nil {
			return fmt.Errorf("downloading %s by Maven: %w\n%s", name, err, said[max(0, len(said)-2<<10):])
		}
		return nil
	})
}
