package session

import "sync"

// keyOrder counts the records of each key that wait in retry topics, by
// partition and tier: tier 1 is the first retry topic, and tier 0 the input.
//
// It keeps the records of a key in order by one invariant: records in a higher
// tier come before records in a lower one, and all of them before records in
// the input. Within a tier they are in order of their offsets. So a record may
// be processed when no record of its key is in a higher tier. Otherwise it goes
// to the nearest higher tier that has one, behind it.
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

// KeyStep decides, record by record, whether an earlier record of the same key
// still waits. Call it for the highest tier first, in offset order within a
// tier. Its decisions take effect on commit. A nil KeyStep, of a session that
// keeps no order, blocks nothing. It is for one goroutine.
type KeyStep struct {
	order *keyOrder
	moved map[partitionKey][]int32
}

// Preview returns a KeyStep that begins anew and never takes effect.
func (s *KeyStep) Preview() *KeyStep { return s.order.step() }

// MustFollow returns the tier that a record of a tier has to go to, behind the
// earlier records of its key; 0 if none waits.
func (s *KeyStep) MustFollow(partition int32, key []byte, tier int) int {
	if s == nil || key == nil {
		return 0
	}
	at := partitionKey{partition, string(key)}
	moved := s.moved[at]
	s.order.mu.Lock()
	defer s.order.mu.Unlock()
	waiting := s.order.partitions[partition][at.key]
	for above := tier + 1; above <= s.order.tiers; above++ {
		if count(waiting, above)+count(moved, above) > 0 {
			return above
		}
	}
	return 0
}

// Record notes that a record of a key went from one tier to another, which is 0
// if it has its outcome.
func (s *KeyStep) Record(partition int32, key []byte, from, to int) {
	if s == nil || key == nil || from == to {
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
	if from > 0 {
		counts[from-1]--
	}
	if to > 0 {
		counts[to-1]++
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
