package resultcache

import (
	"context"
	"time"

	"github.com/loaderline/loaderline/internal/cachetier"
	"github.com/loaderline/loaderline/internal/loadcache"
	"github.com/loaderline/loaderline/stages"
)

// batch is what is written into tiers together.
type batch[K comparable, V any] struct {
	below   *below[K, V]
	since   loadcache.Stamp
	now     time.Time
	names   []string
	hashes  []uint64
	entries []cachetier.Entry
}

// batch is empty, with room for n keys. Without tiers it is nil.
func (b *below[K, V]) batch(since loadcache.Stamp, n int) *batch[K, V] {
	if b == nil {
		return nil
	}
	return &batch[K, V]{
		below: b, since: since, now: time.Now(),
		names: make([]string, 0, n), hashes: make([]uint64, 0, n), entries: make([]cachetier.Entry, 0, n),
	}
}

func (w *batch[K, V]) add(name string, hash uint64, e cachetier.Entry) {
	w.names, w.hashes, w.entries = append(w.names, name), append(w.hashes, hash), append(w.entries, e)
}

// encode adds a result that the memory keeps as it. A value without bytes stays out.
func (w *batch[K, V]) encode(key K, r stages.Result[V], it item) {
	e := cachetier.Entry{
		State: r.State, Began: w.since.Taken, Born: w.now.Add(-it.life.age), Expires: w.now.Add(it.life.ttl), Until: w.now.Add(it.kept),
	}
	if r.State == stages.Loaded {
		value, err := w.below.codec.Encode(r.Value)
		if err != nil {
			return
		}
		e.Value = value
	}
	w.add(w.below.codec.Key(key), it.hash, e)
}

// set writes a batch into levels, but for keys that were invalidated since it was read or loaded.
func (b *below[K, V]) set(ctx context.Context, w *batch[K, V], levels []*level) {
	if len(levels) == 0 || len(w.names) == 0 {
		return
	}
	space := b.view.space
	space.tiers.RLock()
	defer space.tiers.RUnlock()
	n := 0
	for i, hash := range w.hashes {
		if !b.view.memory.order.outdated(space, hash, w.since.Seq) {
			w.names[n], w.entries[n] = w.names[i], w.entries[i]
			n++
		}
	}
	if n == 0 {
		return
	}
	for _, l := range levels {
		l.tier.Set(ctx, b.name, w.names[:n], w.entries[:n])
	}
}
