package cachetier

import "context"

// Handle stands for a Tier where users pass one on. They see none of its methods but Close.
type Handle interface {
	Close() error
	tier() Tier
}

// Seal returns a Handle that stands for a Tier.
func Seal(t Tier) Handle { return sealed{t} }

// Of returns the Tier that a Handle stands for. It returns nil for nil.
func Of(h Handle) Tier {
	if h == nil {
		return nil
	}
	return h.tier()
}

type sealed struct{ inner Tier }

func (s sealed) Close() error { return s.inner.Close() }

func (s sealed) tier() Tier { return s.inner }

// Disk is a Tier on disk, as disktier.Open opens it.
type Disk interface {
	Tier
	// Stats reads the counters. They are each exact, but not taken at one moment.
	Stats() DiskStats
}

// DiskStats is what happened in a Disk since it was opened, and what it holds.
type DiskStats struct {
	// Hits and Misses count keys asked for, expired entries among the Hits.
	Hits, Misses uint64
	// Written counts the stored entries. Refused counts entries that were not stored, because the disk was full or failing.
	Written, Refused uint64
	// Failures counts how often the disk was given up. Up says that it is in use.
	Failures uint64
	Up       bool
	// Bytes is what the files hold, of MaxBytes, as of the last look at most 10 s ago.
	Bytes, MaxBytes int64
}

// Remote is a Tier on a server, as redistier.Open opens it.
type Remote interface {
	Tier
	// Ping asks whether the server answers and lets the Tier do what it needs. Its error is for the operator: it names the
	// addresses and no credentials, and is classified (see stages.ClassOf).
	Ping(ctx context.Context) error
}
