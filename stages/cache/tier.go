package cache

import "github.com/loaderline/loaderline/internal/cachetier"

// Tier holds entries below a Memory, on disk or in Redis. disktier.Open and redistier.Open return one. One Memory uses it at a
// time: it keeps the writes and the invalidations of its loaders in order. A Tier is safe for concurrent use.
//
// A Tier that fails never fails a load: what it cannot return is loaded from the source.
type Tier interface {
	// Close ends the Tier, within about 10 s. What it holds stays where it is. Close the Memory first.
	Close() error

	cachetier.Handle // Only this module has Tiers.
}
