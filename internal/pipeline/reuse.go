package pipeline

import (
	"encoding/binary"
	"errors"
	"hash/maphash"
	"sync"
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
	shards [reuseShards]reuseShard
	events atomic.Uint64
}

const (
	reuseFor    = 10 * time.Second
	reuseShards = 32
	// reuseShare is the part of the cache's memory that it takes.
	reuseShare = 2
	// keptBytes is what is kept of an event beside its key and its fields: its places in the map, and the rest of its tail.
	keptBytes = 256
)

type reuseShard struct {
	mu sync.RWMutex
	// When young is full it becomes old, and what is asked for in old moves to young: what nobody asks for goes.
	young, old map[uint64]*kept // by the hash of their keys, of which the last has its place
	bytes      int64            // of young
	limit      int64            // of each
}

// kept is what an event was given.
type kept struct {
	tail
	key   string
	since uint64        // the invalidations before its rows were looked up
	until time.Duration // from the start
}

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
func newReuse(memory *cache.Memory, nodes []*node, bytes int64) *reuse {
	r := &reuse{memory: memory, nodes: nodes, start: time.Now(), seed: maphash.MakeSeed()}
	for i := range r.shards {
		r.shards[i].limit = bytes / reuseShards / 2
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
func (r *reuse) shard(key []byte) (*reuseShard, uint64) {
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
	s.mu.RLock()
	k, young := s.young[hash]
	if !young {
		k = s.old[hash]
	}
	s.mu.RUnlock()
	if k == nil || k.key != string(key) || k.since != d.since || time.Since(r.start) >= k.until {
		return
	}
	if !young {
		s.put(hash, k)
	}
	r.events.Add(1)
	d.known, d.only, d.keys = &k.tail, noKey, nil
}

func (s *reuseShard) put(hash uint64, k *kept) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.young == nil || s.bytes > s.limit {
		s.young, s.old, s.bytes = make(map[uint64]*kept, len(s.young)), s.young, 0
	}
	s.young[hash] = k
	s.bytes += int64(len(k.key)+len(k.fields)) + keptBytes
}

// noKey is the key of an event that needs none.
var noKey = key{err: stages.ErrNoKey}

// keep keeps what a row's event is given, where others may be given it.
func (r *reuse) keep(row stages.Row[Document], t *tail) {
	if r == nil || t.degraded != "" {
		return
	}
	d := row.Event()
	var room [64]byte
	key, ok := d.appendKeys(room[:0])
	if !ok {
		return
	}
	left := r.left(row)
	if left <= 0 {
		return
	}
	t.fields, t.kept = append([]byte(nil), t.fields...), true
	s, hash := r.shard(key)
	s.put(hash, &kept{tail: *t, key: string(key), since: d.since, until: time.Since(r.start) + left})
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
