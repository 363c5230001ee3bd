package disktier

import (
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/loaderline/loaderline/internal/pebblestore"
)

// Tier is what Open seals.
type Tier = tier

// OpenTier is Open, but does not seal the tier.
func OpenTier(cfg Config) (*Tier, error) { return openOn(cfg, OSFS, time.Minute) }

var (
	// OpenOn opens a tier on a file system, with the time after which a disk that failed is tried again.
	OpenOn = openOn
	// OSFS is the operating system's files.
	OSFS = vfs.Default
)

// Sweep does what is done every 10 s.
func (t *tier) Sweep() error { return pebblestore.Guard(t.store.Load().sweepOnce) }

// Rows counts what is stored: entries, and where they are found by their end.
func (t *tier) Rows() (entries, ends int) {
	count := func(kind byte) (n int) {
		it, err := t.store.Load().db.NewIter(&pebble.IterOptions{LowerBound: []byte{kind}, UpperBound: []byte{kind + 1}})
		if err != nil {
			panic(err)
		}
		for ok := it.First(); ok; ok = it.Next() {
			n++
		}
		if err := it.Close(); err != nil {
			panic(err)
		}
		return n
	}
	return count(entryKey), count(endKey)
}
