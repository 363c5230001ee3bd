package pipeline

import (
	"bytes"
	"sync"
)

// clock keeps what events were given within so many bytes. When it is full, what was not asked for since its hand last came by
// goes: the CLOCK algorithm, from Corbató, "A Paging Experiment with the Multics System", 1968.
type clock struct {
	mu    sync.RWMutex
	kept  map[uint64]*kept // by the hash of their keys, of which the last has its place
	ring  []*kept          // nil where a place is free
	free  []int32          // the places in ring
	hand  int              // in ring
	bytes int64
	limit int64
}

func (c *clock) get(hash uint64) *kept {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.kept[hash]
}

// put keeps k for its keys, unless it is larger than all there is room for, or older than what is there.
func (c *clock) put(k *kept) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old := c.kept[k.hash]; old != nil {
		if old.since > k.since {
			return
		}
		k.asked.Store(old.asked.Load() && bytes.Equal(old.key(), k.key()))
		c.remove(old)
	}
	if k.bytes() > c.limit {
		return
	}
	if c.kept == nil {
		c.kept = map[uint64]*kept{}
	}
	for c.bytes+k.bytes() > c.limit {
		c.advance(k.since)
	}
	if last := len(c.free) - 1; last >= 0 {
		k.place, c.free = c.free[last], c.free[:last]
		c.ring[k.place] = k
	} else {
		k.place = int32(len(c.ring))
		c.ring = append(c.ring, k)
	}
	c.kept[k.hash] = k
	c.bytes += k.bytes()
}

// advance moves the hand on by one place. What is of before an invalidation gets no second chance.
func (c *clock) advance(since uint64) {
	at := c.ring[c.hand]
	c.hand = (c.hand + 1) % len(c.ring)
	switch {
	case at == nil:
	case at.asked.Load() && at.since >= since:
		at.asked.Store(false)
	default:
		c.remove(at)
	}
}

func (c *clock) remove(k *kept) {
	delete(c.kept, k.hash)
	c.ring[k.place] = nil
	c.free = append(c.free, k.place)
	c.bytes -= k.bytes()
}
