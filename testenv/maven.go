package testenv

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// lockPoll is how often a lock that another process holds is tried.
const lockPoll = 200 * time.Millisecond

// fromMaven returns the folder of the cache with a name. Where this user has not got it yet, Maven fills it: goal returns its
// arguments, which make it write to the folder out, and it may write files to the folder work, in which Maven runs. Of several processes that need the
// folder at once, one downloads and the others wait.
func fromMaven(ctx context.Context, name string, goal func(work, out string) ([]string, error)) (string, error) {
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	kept := filepath.Join(cache, name)
	unlock, err := lockCache(ctx, name)
	if err != nil {
		return "", err
	}
	defer unlock()
	if _, err := os.Stat(kept); err == nil {
		return kept, nil // it got this name when it was complete.
	}
	paths, err := locate(ctx, onPath("mvn", "maven"))
	if err != nil {
		return "", err
	}
	work, err := os.MkdirTemp(cache, "download-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(work) }()
	out := filepath.Join(work, "out")
	args, err := goal(work, out)
	if err != nil {
		return "", err
	}
	mvn := exec.CommandContext(ctx, paths[0], append([]string{"-B", "-q"}, args...)...)
	mvn.Dir = work
	said, err := mvn.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("downloading %s by Maven: %w\n%s", name, err, said[max(0, len(said)-2<<10):])
	}
	if err := os.Rename(out, kept); err != nil {
		return "", err
	}
	return kept, nil
}
