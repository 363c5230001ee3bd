package cache

import (
	"github.com/loaderline/loaderline/internal/cachetier"
	"github.com/loaderline/loaderline/internal/resultcache"
)

// Config configures a Memory. Its zero value is ready to use.
type Config struct {
	// MaxBytes bounds the memory of all entries: their keys, their values and the bookkeeping, in bytes. Defaults to
	// 256 MiB. Counters outside of the bound take about 8% of it more.
	MaxBytes int64
	// Tiers hold what the memory has no room for, fastest first. The cache reads a tier for keys that the memory and the
	// tiers before it do not hold, and writes what it keeps to all of them. Optional.
	Tiers []Tier
}

// Memory is a cache that the loaders of a process share. [For] returns a loader's view of it. It is safe for concurrent
// use.
type Memory struct{ memory *resultcache.Memory }

// New returns an empty Memory. The caller closes it. The error joins all mistakes in cfg.
func New(cfg Config) (*Memory, error) {
	tiers := make([]cachetier.Tier, len(cfg.Tiers))
	for i, t := range cfg.Tiers {
		tiers[i] = cachetier.Of(t)
	}
	memory, err := resultcache.New(resultcache.MemoryConfig{MaxBytes: cfg.MaxBytes, Tiers: tiers})
	if err != nil {
		return nil, err
	}
	return &Memory{memory: memory}, nil
}

// Close removes all entries from memory and waits for lookups and writes in progress. Loaders may continue to use their
// views, which then find and keep nothing. Close does not close the tiers. Further calls do nothing.
func (m *Memory) Close() { m.memory.Close() }

// Stats holds counters since the start of a Memory, and how full it is now.
type Stats struct {
	// Hits counts keys that the memory held, NegativeHits those of them without a value. Misses counts keys that it did
	// not hold.
	Hits, NegativeHits, Misses uint64
	// Evictions counts entries that the memory removed to make room.
	Evictions uint64
	// Bytes is the size of the entries now, and MaxBytes its bound. Expired entries count for up to 10 s.
	Bytes, MaxBytes int64
	// Tiers holds the counters of the tiers, in the order of Config.Tiers.
	Tiers []TierStats
}

// TierStats holds the counters of one tier.
type TierStats struct {
	// Name is the kind of the tier: "disk" or "redis".
	Name string
	// Hits and Misses count keys that the cache looked up in the tier, because the memory and the tiers before it did not
	// hold them.
	Hits, Misses uint64
}

// Stats returns the current counters. Each is exact, but the cache may change between two of them.
func (m *Memory) Stats() Stats {
	now := m.memory.Stats()
	s := Stats{
		Hits: now.Hits, NegativeHits: now.NegativeHits, Misses: now.Misses,
		Evictions: now.Evictions, Bytes: now.Bytes, MaxBytes: now.MaxBytes,
		Tiers: make([]TierStats, len(now.Tiers)),
	}
	for i, t := range now.Tiers {
		s.Tiers[i] = TierStats{Name: t.Name, Hits: t.Hits, Misses: t.Misses}
	}
	return s
}
