package resultcache

// Stats is what happened in a Memory since it was made, and what it holds.
type Stats struct {
	// Hits and Misses count keys that the memory was asked for. NegativeHits are the Hits that said Missing.
	Hits, NegativeHits, Misses uint64
	// Written counts keys that Set kept, or tried to: Rejected of them were new and asked for less often than those
	// in a full cache, or larger than the whole.
	Written, Rejected uint64
	// Outdated counts keys that Set left out because they were invalidated after their load began.
	Outdated uint64
	// Dropped counts writes that had to be repeated after ristretto dropped them.
	Dropped uint64
	// Evictions and Expirations count entries that made room for others, and that were removed after their time.
	Evictions, Expirations uint64
	// Invalidations counts calls of Invalidate and InvalidateAll.
	Invalidations uint64
	// Bytes is what the entries hold now, of MaxBytes. Expired entries count until they are swept, within 10 s.
	Bytes, MaxBytes int64
	// Tiers are those below the memory, fastest first.
	Tiers []TierStats
}

// TierStats is what a Memory found in one of its tiers.
type TierStats struct {
	// Name is the tier's.
	Name string
	// Hits and Misses count the keys that it was asked for because no faster tier held them.
	Hits, Misses uint64
	// Unreadable counts entries that the loader's Codec could not decode. They are among the Misses.
	Unreadable uint64
}

// Stats reads the counters. They are each exact, but not taken at one moment.
func (m *Memory) Stats() Stats {
	tiers := make([]TierStats, len(m.tiers))
	for i, l := range m.tiers {
		tiers[i] = TierStats{Name: l.tier.Name(), Hits: l.hits.Load(), Misses: l.misses.Load(), Unreadable: l.unreadable.Load()}
	}
	return Stats{
		Hits: m.counts.hits.Load(), NegativeHits: m.counts.negativeHits.Load(), Misses: m.counts.misses.Load(),
		Written: m.counts.written.Load(), Rejected: m.counts.rejected.Load(),
		Outdated: m.counts.outdated.Load(), Dropped: m.counts.dropped.Load(),
		Evictions: m.counts.evictions.Load(), Expirations: m.counts.expirations.Load(),
		Invalidations: m.counts.invalidations.Load(),
		Bytes:         m.maxBytes - m.store.RemainingCost(), MaxBytes: m.maxBytes,
		Tiers: tiers,
	}
}
