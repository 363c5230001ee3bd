package resultcache

import (
	"slices"
	"time"
)

// chunk is how many entries are written before Wait. It stays well below the 32 Ki writes that ristretto buffers:
// beyond these it drops new keys, and forgets the new cost of replaced ones.
const chunk = 4 << 10

// item is an entry on its way into the store.
type item struct {
	entry any
	space *space
	hash  uint64
	seq   uint64 // the stamp of its load
	cost  int64
	life  life
	kept  time.Duration // how long the store has it, from life.now
	// found reports whether it comes from a tier: it does not take the place of what was loaded later.
	found bool
}

// install writes at most a chunk of items, and returns when they can be read.
func (m *Memory) install(items []item) {
	m.writing.Lock()
	defer m.writing.Unlock()
	if m.closed.Load() {
		return
	}
	// Checked under the lock: a load that began after the invalidation may have been installed while this one waited,
	// and must not be replaced.
	offered := len(items)
	items = slices.DeleteFunc(items, func(it item) bool { return m.order.outdated(it.space, it.hash, it.seq) })
	m.counts.outdated.Add(uint64(offered - len(items)))
	items = slices.DeleteFunc(items, func(it item) bool { return it.found && m.hasLater(it) })
	m.counts.written.Add(uint64(len(items)))

	settled := 0
	for i := range items {
		it := &items[i]
		// A second write of a new key before Wait would be lost, although it is accepted.
		if _, ok := m.unsettled[it.hash]; ok {
			m.settle(items[settled:i])
			settled = i
		}
		if !m.store.SetWithTTL(it.hash, it.entry, it.cost, it.kept) {
			m.counts.dropped.Add(1)
			m.settle(items[settled:i])
			settled = i
			m.store.SetWithTTL(it.hash, it.entry, it.cost, it.kept)
		}
		m.unsettled[it.hash] = struct{}{}
	}
	m.settle(items[settled:])
}

// hasLater reports whether the store has an entry under the item's hash that was loaded after it.
func (m *Memory) hasLater(it item) bool {
	found, _ := m.store.Get(it.hash)
	e, ok := found.(interface{ loadedAt() time.Duration })
	return ok && e.loadedAt() > it.life.now-it.life.age
}

// settle waits until the written entries can be read, and keeps the budget. Ristretto makes room for new keys, but not for
// larger values of keys that it holds, so settle removes the latest writes until the rest fits.
func (m *Memory) settle(written []item) {
	m.store.Wait()
	clear(m.unsettled)
	for over := -m.store.RemainingCost(); over > 0 && len(written) > 0; over = -m.store.RemainingCost() {
		for over > 0 && len(written) > 0 {
			last := written[len(written)-1]
			written = written[:len(written)-1]
			if _, ok := m.store.GetTTL(last.hash); ok { // GetTTL, since Get would count as a use of the key
				over -= last.cost
				m.counts.evictions.Add(1)
			}
			m.store.Del(last.hash)
		}
		m.store.Wait()
	}
}
