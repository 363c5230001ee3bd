package jsonenrich

import (
	"encoding/binary"
	"errors"
	"hash/maphash"
	"sync/atomic"
	"time"

	"github.com/loaderline/loaderline/internal/resultcache"
	"github.com/loaderline/loaderline/stages"
)

// Reuse caches the encoded results of events by the events' keys and by how they are encoded. Popular keys are in many
// micro-batches, and to look up each of their rows and to encode them takes most of an event's time.
//
// An entry gives an event what the cache of the rows would give it. It lasts no longer than every row of it is good and not due
// for a refresh, no invalidation of any row came after it, and its event was neither dropped nor failed nor degraded. It
// lasts 10 s at most, so that the cache of the rows still sees which rows are wanted.
//
// It is for stages whose results depend on the event's keys alone, and are cached or come from a table that is followed: an
// entry ends with any change of such a table. A nil Reuse caches nothing.
type Reuse struct {
	memory *resultcache.Memory
	tables []func() uint64 // how often each has changed
	start  time.Time
	seed   maphash.Seed
	shards [reuseShards]slab
	events atomic.Uint64
}

const (
	reuseTime   = 10 * time.Second
	reuseShards = 32
)

// NewReuse returns a Reuse of so many bytes. memory is the cache of the rows, whose invalidations end the entries.
func NewReuse(memory *resultcache.Memory, size int64) *Reuse {
	r := &Reuse{memory: memory, start: time.Now(), seed: maphash.MakeSeed()}
	for i := range r.shards {
		r.shards[i].limit = size / reuseShards
	}
	return r
}

// Follow ends all entries with each change of a table. changes is as lookupext.Table says. Call it before the first event.
func (r *Reuse) Follow(changes func() uint64) {
	if r != nil {
		r.tables = append(r.tables, changes)
	}
}

// changes returns a number that increases with each invalidation and with each change of a table. What is looked up after it was
// read has at least so many of each. A sum is enough, although other changes may be counted while it is made: if some change is in the
// sum of one event and too late for the lookups of another, then all of that event's numbers were read before it, and none is larger.
func (r *Reuse) changes() uint64 {
	n := r.memory.Invalidations()
	for _, changes := range r.tables {
		n += changes()
	}
	return n
}

// Count returns the number of events that got their results from an entry. It is safe for concurrent use.
func (r *Reuse) Count() uint64 {
	if r == nil {
		return 0
	}
	return r.events.Load()
}

// shard returns the slab for a key, and the key's hash.
func (r *Reuse) shard(key []byte) (*slab, uint64) {
	hash := maphash.Bytes(r.seed, key)
	return &r.shards[hash%reuseShards], hash
}

// find gives an event the entry for its keys, if there is one that is still good. It removes the keys then: nothing is looked
// up for the event.
func (r *Reuse) find(d *Document) {
	if r == nil {
		return
	}
	d.since = r.changes()
	var room [64]byte
	key, ok := d.appendKey(room[:0])
	if !ok {
		return
	}
	s, hash := r.shard(key)
	fields := s.find(hash, key, d.since, time.Since(r.start))
	if fields == nil {
		return
	}
	r.events.Add(1)
	d.reused, d.singleKey, d.keys = fields, noKey, nil
}

// noKey is the key of an event that needs none.
var noKey = key{err: stages.ErrNoKey}

// store adds an entry for the keys of a row's event, if all its results are good. The entry then owns the fields of made.
func (r *Reuse) store(row stages.Row[Document], nodes []*Node, made *encoded) {
	if r == nil || made.Verdict != (Verdict{}) {
		return
	}
	d := row.Event()
	var room [64]byte
	key, ok := d.appendKey(room[:0])
	if !ok {
		return
	}
	left := timeLeft(row, nodes)
	if left <= 0 {
		return
	}
	s, hash := r.shard(key)
	now := time.Since(r.start)
	if fields := s.put(hash, key, made.fields, d.since, now, now+left); fields != nil {
		made.own(fields)
	}
}

// timeLeft returns for how long all results of a row are good, at most reuseTime, and zero if one is not.
func timeLeft(row stages.Row[Document], nodes []*Node) time.Duration {
	left := reuseTime
	for _, n := range nodes {
		if !n.List {
			left = min(left, n.timeLeft(n.One.Of(row)))
			continue
		}
		list := n.Each.Of(row)
		if list.State == stages.Failed || list.State == stages.Blocked {
			return 0
		}
		for i := range list.Value.Len() {
			_, element := list.Value.At(i)
			left = min(left, n.timeLeft(element))
		}
	}
	return left
}

// timeLeft returns for how long a result of the node is good.
func (n *Node) timeLeft(result stages.Result[*Fragment]) time.Duration {
	switch {
	case result.State == stages.Missing && errors.Is(result.Err, stages.ErrNoKey):
		return reuseTime // It is good for as long as the row without the key.
	case result.Err != nil:
		return 0
	case n.Table:
		return reuseTime // Its next change ends the entry.
	default:
		return result.Left
	}
}

// appendKey appends the key of an entry: how the results are encoded, and all keys of the event, each with its length. It reports
// whether no key of the event is absent or wrong.
func (d *Document) appendKey(to []byte) (_ []byte, ok bool) {
	to = binary.AppendUvarint(to, uint64(d.tail))
	if d.keys == nil {
		return append(to, d.singleKey.key...), d.singleKey.err == nil
	}
	for _, keys := range d.keys {
		to = binary.AppendUvarint(to, uint64(len(keys)))
		for _, k := range keys {
			if k.err != nil {
				return to, false
			}
			to = append(binary.AppendUvarint(to, uint64(len(k.key))), k.key...)
		}
	}
	return to, true
}
