package testenv

import (
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// folderPrefix begins the names of a service's data folders.
func folderPrefix(service string) string { return "loaderline-" + service + "-" }

// claimFolder returns the lock that the process which started a service holds on its data folder.
func claimFolder(dir string) *flock.Flock { return flock.New(filepath.Join(dir, "claim")) }

// removeAbandoned removes the data folders of services whose starter has ended without closing them, as a test
// binary does that runs into its timeout. It does what it can: what cannot be removed is somebody else's.
func removeAbandoned(service string) {
	const newborn = time.Minute // a folder may be there for a moment before it is claimed.
	folders, err := filepath.Glob(filepath.Join(os.TempDir(), folderPrefix(service)+"*"))
	if err != nil {
		return
	}
	for _, dir := range folders {
		info, err := os.Stat(filepath.Join(dir, "claim"))
		if err != nil || time.Since(info.ModTime()) < newborn {
			continue
		}
		claim := claimFolder(dir)
		if free, err := claim.TryLock(); err == nil && free {
			_ = os.RemoveAll(dir)
		}
		_ = claim.Close()
	}
}
