package jsonenrich

import (
	"bytes"
	"sync"
)

// clock is a cache of a bounded number of bytes. When it is full it evicts entries that were not used since its hand last
// passed them: the CLOCK algorithm, from Corbató, "A Paging Experiment with the Multics System", 1968.
type clock struct {
	mu      sync.RWMutex
	entries map[uint64]*reused // by the hash of their keys; the latest entry replaces one with the same hash
	ring    []*reused          // nil in a free slot
	free    []int32            // the free slots of ring
	hand    int                // in ring
	bytes   int64
	limit   int64
}

// get returns the entry with a hash, or nil.
func (c *clock) get(hash uint64) *reused {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.entries[hash]
}

// put adds an entry, unless it exceeds the limit by itself or is older than the entry with its hash.
func (c *clock) put(r *reused) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old := c.entries[r.hash]; old != nil {
		if old.since > r.since {
			return
		}
		r.used.Store(old.used.Load() && bytes.Equal(old.key(), r.key()))
		c.remove(old)
	}
	if r.size() > c.limit {
		return
	}
	if c.entries == nil {
		c.entries = map[uint64]*reused{}
	}
	for c.bytes+r.size() > c.limit {
		c.advance(r.since)
	}
	if last := len(c.free) - 1; last >= 0 {
		r.slot, c.free = c.free[last], c.free[:last]
		c.ring[r.slot] = r
	} else {
		r.slot = int32(len(c.ring))
		c.ring = append(c.ring, r)
	}
	c.entries[r.hash] = r
	c.bytes += r.size()
}

// advance moves the hand by one slot. An entry from before an invalidation gets no second chance.
func (c *clock) advance(since uint64) {
	at := c.ring[c.hand]
	c.hand = (c.hand + 1) % len(c.ring)
	switch {
	case at == nil:
	case at.used.Load() && at.since >= since:
		at.used.Store(false)
	default:
		c.remove(at)
	}
}

func (c *clock) remove(r *reused) {
	delete(c.entries, r.hash)
	c.ring[r.slot] = nil
	c.free = append(c.free, r.slot)
	c.bytes -= r.size()
}
