package pipeline

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/maphash"
	"sync/atomic"
	"time"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/cache"
)

// reuse keeps what events were given, encoded, for later ones with the same keys: popular keys stand in many micro-batches,
// and to look each of their rows up and to encode them takes most of an event's time. What it gives is what the cache
// would: it is kept for no longer than each row is good and not due, not beyond an invalidation, and only where all went well.
// So that the cache sees now and then which rows are wanted, it is for reuseFor at most.
type reuse struct {
	memory *cache.Memory
	nodes  []*node
	start  time.Time
	seed   maphash.Seed
	shards [reuseShards]clock
	events atomic.Uint64
}

const (
	reuseFor    = 10 * time.Second
	reuseShards = 32
	// reuseShare is the part of the cache's memory that it takes.
	reuseShare = 2
	// keptBytes is what is kept of an event beside its key and its fields: itself, and its places in the map and the ring.
	keptBytes = 192
)

// kept is what an event was given, in no more than a cache line.
type kept struct {
	room   []byte        // its key, and the fields of its tail
	hash   uint64        // of its key
	since  uint64        // the invalidations before its rows were looked up
	until  time.Duration // from the start
	fields int32         // in room
	place  int32         // in the ring of its clock
	asked  atomic.Bool   // since the hand last came by
}

func (k *kept) key() []byte { return k.room[:k.fields] }

func (k *kept) bytes() int64 { return int64(len(k.room)) + keptBytes }

// reusable says that an event's keys alone decide about its results, and that they are kept. Conditions look at more.
func (l *Layout) reusable() bool {
	for _, s := range l.Stages {
		if s.When != nil || s.Cache.TTL <= 0 {
			return false
		}
	}
	return true
}

// newReuse is for nodes that may be filled in later.
func newReuse(memory *cache.Memory, nodes []*node, size int64) *reuse {
	r := &reuse{memory: memory, nodes: nodes, start: time.Now(), seed: maphash.MakeSeed()}
	for i := range r.shards {
		r.shards[i].limit = size / reuseShards
	}
	return r
}

func (r *reuse) count() uint64 {
	if r == nil {
		return 0
	}
	return r.events.Load()
}

// shard is where a key is, and its hash.
func (r *reuse) shard(key []byte) (*clock, uint64) {
	hash := maphash.Bytes(r.seed, key)
	return &r.shards[hash%reuseShards], hash
}

// look gives an event what is kept for its keys. It needs none of them then.
func (r *reuse) look(d *Document) {
	if r == nil {
		return
	}
	d.since = r.memory.Invalidations()
	var room [64]byte
	key, ok := d.appendKeys(room[:0])
	if !ok {
		return
	}
	s, hash := r.shard(key)
	k := s.get(hash)
	if k == nil || !bytes.Equal(k.key(), key) || k.since != d.since || time.Since(r.start) >= k.until {
		return
	}
	if !k.asked.Load() {
		k.asked.Store(true)
	}
	r.events.Add(1)
	d.known, d.only, d.keys = k.room[k.fields:], noKey, nil
}

// noKey is the key of an event that needs none.
var noKey = key{err: stages.ErrNoKey}

// keep keeps what a row's event is given, where others may be given it.
func (r *reuse) keep(row stages.Row[Document], t *tail) {
	if r == nil || t.verdict != (verdict{}) {
		return
	}
	d := row.Event()
	var keys [64]byte
	key, ok := d.appendKeys(keys[:0])
	if !ok {
		return
	}
	left := r.left(row)
	if left <= 0 {
		return
	}
	s, hash := r.shard(key)
	room := make([]byte, 0, len(key)+len(t.fields))
	room = append(append(room, key...), t.fields...)
	t.fields, t.kept = room[len(key):], true
	s.put(&kept{room: room, fields: int32(len(key)), hash: hash, since: d.since, until: time.Since(r.start) + left})
}

// left is for how long all of a row's results are good.
func (r *reuse) left(row stages.Row[Document]) time.Duration {
	left := reuseFor
	for _, n := range r.nodes {
		if !n.List {
			left = min(left, n.left(n.one.Of(row), n.one.Origin(row)))
			continue
		}
		list := n.each.Of(row)
		if list.State == stages.Failed || list.State == stages.Blocked {
			return 0
		}
		for i := range list.Value.Len() {
			_, element := list.Value.At(i)
			left = min(left, n.left(element, list.Value.Origin(i)))
		}
	}
	return left
}

// left is for how long a result is good.
func (n *node) left(result stages.Result[*Fragment], from stages.Origin) time.Duration {
	switch {
	case result.State == stages.Missing && errors.Is(result.Err, stages.ErrNoKey):
		return reuseFor // as long as the row that holds no key is
	case result.Err != nil, result.Stale > 0:
		return 0
	case from.From == stages.FromCache:
		return from.Left
	default:
		return n.answers.cache.Left(result.State)
	}
}

// appendKeys appends all keys of an event, each with its length. It says whether all of them are there.
func (d *Document) appendKeys(to []byte) (_ []byte, ok bool) {
	if d.keys == nil {
		return append(to, d.only.key...), d.only.err == nil
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
