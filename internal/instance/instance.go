// Package instance gives each process of a pipeline on a host its own name. Two processes with one name would
// have the same transactional IDs, and each would fence the other.
package instance

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/gofrs/flock"
)

// maxNumber bounds the processes of one pipeline on a host.
const maxNumber = 1000

// Claim is a name that no other process on this host has while this one lives. The operating system releases it with the process.
type Claim struct {
	// Name is the instance's name.
	Name string
	lock *flock.Flock
}

// HeldError says that another process has the name.
type HeldError struct {
	Pipeline, Name string
}

func (e *HeldError) Error() string {
	return fmt.Sprintf("another process on this host runs pipeline %s as instance %s: give each process its own instance, or leave instance out to have one chosen", e.Pipeline, e.Name)
}

// Named claims one name for a process of a pipeline. The lock file is in dir. Its error may be a *HeldError.
func Named(dir, pipeline, name string) (*Claim, error) {
	// A hash, since names may hold what a file's name cannot.
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q", pipeline, name))
	lock := flock.New(filepath.Join(dir, fmt.Sprintf("loaderline-%x.lock", sum[:8])), flock.SetPermissions(0o644))
	got, err := lock.TryLock()
	switch {
	case errors.Is(err, fs.ErrPermission):
		return nil, &HeldError{Pipeline: pipeline, Name: name} // The file is another user's.
	case err != nil:
		return nil, fmt.Errorf("claim instance %s: %w", name, err)
	case !got:
		return nil, &HeldError{Pipeline: pipeline, Name: name}
	}
	return &Claim{Name: name, lock: lock}, nil
}

// OnHost claims the host's name, or with a number the first that is free: host, host-2, host-3. A process that starts
// again so has the name it had, unless another took it meanwhile.
func OnHost(dir, pipeline, host string) (*Claim, error) {
	for n := 1; n <= maxNumber; n++ {
		name := host
		if n > 1 {
			name = fmt.Sprintf("%s-%d", host, n)
		}
		claim, err := Named(dir, pipeline, name)
		if _, held := errors.AsType[*HeldError](err); held {
			continue
		}
		return claim, err
	}
	return nil, fmt.Errorf("claim an instance: %d names that begin with %s are held in %s", maxNumber, host, dir)
}

// Release gives the name up. The lock file stays: removing it could take it from under another process.
func (c *Claim) Release() error { return c.lock.Unlock() }
