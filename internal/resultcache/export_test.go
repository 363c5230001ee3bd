package resultcache

import (
	"sync/atomic"

	"github.com/loaderline/loaderline/stages"
)

// SetSlots gives a new Memory 1<<bits slots for invalidations. Keys that share a slot are invalidated together.
func SetSlots(m *Memory, bits int) {
	m.order.slots, m.order.shift = make([]atomic.Uint64, 1<<bits), 64-bits
}

// SlotOf returns the number of a key's slot.
func SlotOf[K comparable, V any](v *View[K, V], key K) uint64 {
	return v.hash(key) >> v.memory.order.shift
}

// SetUnder keeps a key under another key's hash: a collision, which nobody could find.
func SetUnder[K comparable, V any](v *View[K, V], hashOf, key K, value V) {
	it := v.item(v.stamp(), key, stages.Result[V]{Value: value, State: stages.Loaded}, life{now: v.memory.since(), ttl: v.cfg.TTL})
	it.hash = v.hash(hashOf)
	v.memory.install([]item{it})
}
