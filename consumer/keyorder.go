package consumer

import "sync"

// keyOrder counts the records of each key that wait in retry topics, by
// partition and tier: tier 1 is the first retry topic, and level 0 the input.
//
// It keeps the records of a key in order by one invariant: those in a higher
// tier come before those in a lower one, and all of them before those in the
// input; within a tier they are in order of their offsets. So a record may be
// worked on when nothing of its key is above it. Otherwise it goes to the
// nearest tier above that has something, behind that.
type keyOrder struct {
	tiers int

	mu         sync.Mutex // Partitions are assigned while others are worked on.
	partitions map[int32]map[string][]int32
}

func newKeyOrder(tiers int) *keyOrder {
	return &keyOrder{tiers: tiers, partitions: make(map[int32]map[string][]int32)}
}

// set replaces what is known of a partition.
func (o *keyOrder) set(partition int32, keys map[string][]int32) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.partitions[partition] = keys
}

// drop forgets a partition that is somebody else's now.
func (o *keyOrder) drop(partition int32) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.partitions, partition)
}

// sizes is how many keys have records in retry topics, by partition.
func (o *keyOrder) sizes() map[int32]int {
	o.mu.Lock()
	defer o.mu.Unlock()
	sizes := make(map[int32]int, len(o.partitions))
	for p, keys := range o.partitions {
		sizes[p] = len(keys)
	}
	return sizes
}

func (o *keyOrder) step() *KeyStep { return &KeyStep{order: o} }

type partitionKey struct {
	partition int32
	key       string
}

// KeyStep decides on the records of one micro-batch, in order: of each level in
// that of the offsets, higher levels first. What it is told is forgotten unless
// the micro-batch is committed. Nil, for sessions that keep no order, holds
// nothing back. It is for one goroutine.
type KeyStep struct {
	order *keyOrder
	moved map[partitionKey][]int32
}

// Guess is a KeyStep from the same start, which is never applied.
func (s *KeyStep) Guess() *KeyStep { return s.order.step() }

// Behind is the tier that a record at a level has to go to, behind the earlier
// records of its key; 0 where it has none.
func (s *KeyStep) Behind(partition int32, key []byte, level int) int {
	if s == nil || key == nil {
		return 0
	}
	at := partitionKey{partition, string(key)}
	moved := s.moved[at]
	s.order.mu.Lock()
	defer s.order.mu.Unlock()
	waiting := s.order.partitions[partition][at.key]
	for tier := level + 1; tier <= s.order.tiers; tier++ {
		if count(waiting, tier)+count(moved, tier) > 0 {
			return tier
		}
	}
	return 0
}

// Moved notes that a record of a key went from a level to a tier, which is 0
// where it is done with.
func (s *KeyStep) Moved(partition int32, key []byte, level, tier int) {
	if s == nil || key == nil || level == tier {
		return
	}
	if s.moved == nil {
		s.moved = make(map[partitionKey][]int32)
	}
	at := partitionKey{partition, string(key)}
	counts := s.moved[at]
	if counts == nil {
		counts = make([]int32, s.order.tiers)
		s.moved[at] = counts
	}
	if level > 0 {
		counts[level-1]--
	}
	if tier > 0 {
		counts[tier-1]++
	}
}

// apply makes the moves those of the order.
func (s *KeyStep) apply() {
	if s == nil {
		return
	}
	s.order.mu.Lock()
	defer s.order.mu.Unlock()
	for at, moved := range s.moved {
		keys := s.order.partitions[at.partition]
		if keys == nil {
			continue // Not this session's: there is nothing to keep in order.
		}
		waiting := keys[at.key]
		if waiting == nil {
			waiting = make([]int32, s.order.tiers)
			keys[at.key] = waiting
		}
		left := false
		for i := range waiting {
			waiting[i] = max(waiting[i]+moved[i], 0)
			left = left || waiting[i] > 0
		}
		if !left {
			delete(keys, at.key)
		}
	}
}

func count(counts []int32, tier int) int32 {
	if counts == nil {
		return 0
	}
	return counts[tier-1]
}
