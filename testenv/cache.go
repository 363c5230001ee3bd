package testenv

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// lockPoll is how often a lock that another process holds is tried.
const lockPoll = 200 * time.Millisecond

// cached returns the folder of the cache with a name. Where this user has not got it yet, fill makes the folder out; it may write
// other files to the folder work. Of several processes that need the folder at once, one fills it and the others wait.
func cached(ctx context.Context, name string, fill func(work, out string) error) (string, error) {
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
	work, err := os.MkdirTemp(cache, "download-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(work) }()
	out := filepath.Join(work, "out")
	if err := fill(work, out); err != nil {
		return "", err
	}
	if err := os.Rename(out, kept); err != nil {
		return "", err
	}
	return kept, nil
}

// cacheDir returns the folder for what is downloaded once for all runs.
func cacheDir() (string, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no folder to keep downloads in: %w; set HOME or XDG_CACHE_HOME", err)
	}
	dir := filepath.Join(base, "loaderline")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("folder for downloads: %w", err)
	}
	return dir, nil
}

// lockCache takes a lock that is shared by all processes of this user.
func lockCache(ctx context.Context, name string) (unlock func(), err error) {
	dir, err := cacheDir()
	if err != nil {
		return nil, err
	}
	lock := flock.New(filepath.Join(dir, name+".lock"))
	if ok, err := lock.TryLockContext(ctx, lockPoll); err != nil || !ok {
		return nil, fmt.Errorf("waiting for another process with %s: %w", lock.Path(), errors.Join(err, context.Cause(ctx)))
	}
	return func() { _ = lock.Close() }, nil
}
