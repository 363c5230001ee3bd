package resultcache

import (
	"math/bits"
	"sync"
	"sync/atomic"
)

const (
	minSlots = 1 << 10
	maxSlots = 1 << 20
)

// order is the order of loads and invalidations. A load carries the number of the last invalidation before it began;
// an invalidation takes the next number and leaves it in the slot of each key. A value is good while its load's
// number is not below its slot's: no entry has to be found or removed for that, so nothing that a store or a load in
// flight does late can undo an invalidation. Keys that share a slot are invalidated together.
type order struct {
	last  atomic.Uint64
	left  atomic.Uint64 // the last one that is in all its slots
	slots []atomic.Uint64
	shift int

	// raising makes taking a number and leaving it in a slot one step, so that slots never go down.
	raising sync.Mutex
}

// init makes about one slot for each expected entry, so that an invalidation hides about one other key.
func (o *order) init(expected int64) {
	slotBits := bits.Len64(uint64(min(max(expected, minSlots), maxSlots) - 1))
	o.slots = make([]atomic.Uint64, 1<<slotBits)
	o.shift = 64 - slotBits
}

func (o *order) now() uint64 { return o.last.Load() }

// slot is the number of the last invalidation of the keys with this hash. It goes by the high bits, since ristretto
// divides its work by the low ones.
func (o *order) slot(hash uint64) *atomic.Uint64 { return &o.slots[hash>>o.shift] }

func (o *order) invalidate(hashes []uint64) {
	o.raising.Lock()
	defer o.raising.Unlock()
	n := o.last.Add(1)
	for _, h := range hashes {
		o.slot(h).Store(n)
	}
	o.left.Store(n)
}

func (o *order) invalidateAll(s *space) {
	o.raising.Lock()
	defer o.raising.Unlock()
	n := o.last.Add(1)
	s.floor.Store(n)
	o.left.Store(n)
}

// outdated reports whether a key of s was invalidated after the number was the last.
func (o *order) outdated(s *space, hash, seq uint64) bool {
	return seq < s.floor.Load() || seq < o.slot(hash).Load()
}
