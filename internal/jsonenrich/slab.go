package jsonenrich

import (
	"bytes"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

// slab is a cache of a bounded number of bytes. Entries are written one behind the other into blocks without pointers, so that the garbage
// collector has a few blocks to look at and not each entry. When the slab is full, its oldest block goes, and what was found since it was
// written, and is still good, is written again: a segmented variant of the CLOCK algorithm, from Corbató, "A Paging Experiment with the
// Multics System", 1968.
//
// What is written never changes, and a block that has gone lives for as long as someone reads it.
type slab struct {
	mu     sync.RWMutex
	index  map[uint64]slabSlot // by the hash of the key; the latest entry replaces one with the same hash
	blocks [][]byte            // the oldest first; all but the newest are full
	first  uint32              // the number of blocks[0]
	bytes  int64               // of all blocks and of the index
	limit  int64
}

const (
	// slabBlockBytes is the size of a block. An entry that is larger has a block of its own.
	slabBlockBytes = 32 << 10
	// indexBytes is what the index takes for an entry: a map is between half full and full.
	indexBytes = 32
	headerSize = int(unsafe.Sizeof(reused{}))
	// entryBytes is the memory of an entry beside its key and its fields, without what aligns it.
	entryBytes = int64(headerSize) + indexBytes
)

// slabSlot is where an entry is: the number of its block, and its offset there.
type slabSlot struct{ block, offset uint32 }

// reused is an entry: the encoded results of an event, for later ones with the same keys. It is in a block, has no pointers, and the key
// and the fields follow it.
type reused struct {
	hash   uint64        // of the key
	since  uint64        // Reuse.changes before the rows were looked up
	until  time.Duration // since Reuse.start
	keyLen uint32
	length uint32 // of the key and the fields
	found  atomic.Uint32
}

// entryAt returns the entry at an offset of a block, and its key and fields. Each entry begins at a multiple of 8 bytes, as the block does.
func entryAt(block []byte, offset uint32) (r *reused, key, fields []byte) {
	r = (*reused)(unsafe.Pointer(&block[offset])) //nolint:gosec // The entry is in the block, aligned, and has no pointers.
	from := int(offset) + headerSize
	mid, end := from+int(r.keyLen), from+int(r.length)
	return r, block[from:mid:mid], block[mid:end:end]
}

// space returns how much of a block an entry takes.
func space(length int) int { return (headerSize + length + 7) &^ 7 }

func (s *slab) block(number uint32) []byte { return s.blocks[number-s.first] }

// find returns the fields of the entry with a hash and a key if it is good: since is the same, and until has not come.
func (s *slab) find(hash uint64, key []byte, since uint64, now time.Duration) []byte {
	s.mu.RLock()
	defer s.mu.RUnlock()
	at, ok := s.index[hash]
	if !ok {
		return nil
	}
	r, its, fields := entryAt(s.block(at.block), at.offset)
	if r.since != since || r.until <= now || !bytes.Equal(its, key) {
		return nil
	}
	if r.found.Load() == 0 {
		r.found.Store(1)
	}
	return fields
}

// put adds an entry that is good until a time, unless it exceeds the limit by itself or is older than the entry with its hash. It
// returns the fields in the entry, or nil.
func (s *slab) put(hash uint64, key, fields []byte, since uint64, now, until time.Duration) []byte {
	if int64(len(key)+len(fields))+entryBytes > s.limit {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if at, ok := s.index[hash]; ok {
		if old, _, _ := entryAt(s.block(at.block), at.offset); old.since > since {
			return nil
		}
	}
	kept := s.write(hash, key, fields, since, until)
	for s.bytes > s.limit && len(s.blocks) > 1 {
		s.removeOldest(since, now)
	}
	return kept
}

// write adds an entry to the newest block, or to a new one.
func (s *slab) write(hash uint64, key, fields []byte, since uint64, until time.Duration) []byte {
	size := space(len(key) + len(fields))
	last := len(s.blocks) - 1
	if last < 0 || len(s.blocks[last])+size > cap(s.blocks[last]) {
		block := make([]byte, 0, max(size, min(slabBlockBytes, int(s.limit/8)&^7)))
		s.blocks = append(s.blocks, block)
		s.bytes += int64(cap(block))
		last++
	}
	offset := len(s.blocks[last])
	block := s.blocks[last][:offset+size]
	s.blocks[last] = block
	r, _, _ := entryAt(block, uint32(offset)) // It is still empty.
	r.hash, r.since, r.until = hash, since, until
	r.keyLen, r.length = uint32(len(key)), uint32(len(key)+len(fields))
	_, itsKey, kept := entryAt(block, uint32(offset))
	copy(itsKey, key)
	copy(kept, fields)
	if s.index == nil {
		s.index = map[uint64]slabSlot{}
	}
	s.index[hash] = slabSlot{block: s.first + uint32(last), offset: uint32(offset)}
	s.bytes += indexBytes
	return kept
}

// removeOldest removes the oldest block, and writes again what is worth it. An entry from before an invalidation is not, nor is one
// that another has replaced.
func (s *slab) removeOldest(since uint64, now time.Duration) {
	block, at := s.blocks[0], slabSlot{block: s.first}
	s.blocks[0] = nil
	s.blocks = s.blocks[1:]
	s.first++
	s.bytes -= int64(cap(block))
	for int(at.offset) < len(block) {
		r, key, fields := entryAt(block, at.offset)
		s.bytes -= indexBytes
		if s.index[r.hash] == at {
			delete(s.index, r.hash)
			if r.found.Load() != 0 && r.since >= since && r.until > now {
				s.write(r.hash, key, fields, r.since, r.until)
			}
		}
		at.offset += uint32(space(int(r.length)))
	}
}
