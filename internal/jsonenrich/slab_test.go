package jsonenrich

import (
	"bytes"
	"encoding/binary"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Whatever is put, asked for and invalidated: the slab keeps its limit, and what it finds is what was put last for the key. What
// was found once never changes.
func TestSlab(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := &slab{limit: rapid.Int64Range(0, 20_000).Draw(t, "limit")}
		type put struct {
			fields []byte
			since  uint64
		}
		last := map[uint64]put{}
		var found, copies [][]byte
		since, now := uint64(0), time.Duration(0)
		key := func(hash uint64) []byte { return binary.AppendUvarint(nil, hash) }
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				hash := rapid.Uint64Range(0, 30).Draw(t, "hash")
				p := put{
					fields: bytes.Repeat([]byte{byte(rapid.IntRange(0, 255).Draw(t, "byte"))}, rapid.IntRange(0, 2_000).Draw(t, "bytes")),
					since:  since - rapid.Uint64Range(0, min(since, 2)).Draw(t, "late"),
				}
				_, indexed := s.index[hash]
				kept := s.put(hash, key(hash), p.fields, p.since, now, now+time.Duration(rapid.IntRange(1, 5).Draw(t, "left")))
				if indexed && last[hash].since > p.since {
					if kept != nil {
						t.Fatal("an older one took the place")
					}
					return
				}
				if fits := int64(len(key(hash))+len(p.fields))+entryBytes <= s.limit; fits != (kept != nil) {
					t.Fatalf("%d bytes of %d, kept: %t", len(p.fields), s.limit, !fits)
				}
				if kept != nil {
					last[hash] = p
					found, copies = append(found, kept), append(copies, p.fields)
				}
			},
			"ask": func(t *rapid.T) {
				hash := rapid.Uint64Range(0, 30).Draw(t, "hash")
				if fields := s.find(hash, key(hash), since, now); fields != nil && (!bytes.Equal(fields, last[hash].fields) || since != last[hash].since) {
					t.Fatalf("%d is not what was put last", hash)
				}
				if s.find(hash, []byte("another key"), since, now) != nil {
					t.Fatal("found another key of this hash")
				}
			},
			"invalidate": func(*rapid.T) { since++ },
			"wait":       func(*rapid.T) { now++ },
			"": func(t *rapid.T) {
				size := int64(0)
				for _, block := range s.blocks {
					size += int64(cap(block))
					for offset := uint32(0); int(offset) < len(block); {
						r, _, _ := entryAt(block, offset)
						offset += uint32(space(int(r.length)))
						size += indexBytes
					}
				}
				if size != s.bytes {
					t.Fatalf("%d bytes, said to be %d", size, s.bytes)
				}
				if size > s.limit && len(s.blocks) > 1 {
					t.Fatalf("%d bytes of %d", size, s.limit)
				}
				for i := range found {
					if !bytes.Equal(found[i], copies[i]) {
						t.Fatal("what was found has changed")
					}
				}
			},
		})
	})
}

// What was found stays when its block goes, unless an invalidation or its time has ended it, or another entry has replaced it. What was
// not found goes.
func TestSlabWritesAgainWhatIsUsed(t *testing.T) {
	s := &slab{limit: 8_000} // Blocks of 1,000 bytes.
	now := time.Duration(10)
	fields := make([]byte, 150)
	put := func(hash, since uint64, until time.Duration) {
		t.Helper()
		if s.put(hash, nil, fields, since, now, until) == nil {
			t.Fatalf("%d was not put", hash)
		}
	}
	const found, unfound, invalidated, over, replaced = 1, 2, 3, 4, 5
	put(found, 7, 20)
	put(unfound, 7, 20)
	put(invalidated, 6, 20)
	put(over, 7, 11)
	put(replaced, 7, 20)
	for hash, since := range map[uint64]uint64{found: 7, invalidated: 6, over: 7, replaced: 7} {
		if s.find(hash, nil, since, now) == nil {
			t.Fatalf("%d is not found", hash)
		}
	}
	now = 11
	first := s.first
	put(replaced, 7, math.MaxInt64)
	for hash := uint64(100); s.first == first; hash++ {
		put(hash, 7, 20)
	}
	for hash, kept := range map[uint64]bool{found: true, unfound: false, invalidated: false, over: false, replaced: true} {
		if _, ok := s.index[hash]; ok != kept {
			t.Errorf("%d is kept: %t", hash, ok)
		}
	}
	if s.find(replaced, nil, 7, math.MaxInt64-1) == nil {
		t.Error("what was replaced is back")
	}
}
