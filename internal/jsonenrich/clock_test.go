package jsonenrich

import (
	"testing"

	"pgregory.net/rapid"
)

// Whatever is put, asked for and invalidated: what is kept has its place, fits, and is what was put last for its key.
func TestClock(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := &clock{limit: rapid.Int64Range(0, 5_000).Draw(t, "limit")}
		last := map[uint64]*reused{}
		since := uint64(0)
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				k := &reused{
					bytes: make([]byte, rapid.IntRange(1, 1_000).Draw(t, "bytes")),
					hash:  rapid.Uint64Range(0, 30).Draw(t, "hash"),
					since: since - rapid.Uint64Range(0, min(since, 2)).Draw(t, "late"),
				}
				k.keyLen = 1
				before := c.get(k.hash)
				c.put(k)
				if before != nil && before.since > k.since {
					if c.get(k.hash) != before {
						t.Fatal("an older one took the place")
					}
					return
				}
				last[k.hash] = k
				if fits := k.size() <= c.limit; fits != (c.get(k.hash) == k) {
					t.Fatalf("%d of %d bytes, kept: %t", k.size(), c.limit, !fits)
				}
			},
			"ask": func(t *rapid.T) {
				if k := c.get(rapid.Uint64Range(0, 30).Draw(t, "hash")); k != nil {
					k.used.Store(true)
				}
			},
			"invalidate": func(*rapid.T) { since++ },
			"": func(t *rapid.T) {
				bytes := int64(0)
				for hash, k := range c.entries {
					bytes += k.size()
					if k.hash != hash || c.ring[k.slot] != k {
						t.Fatalf("%d stands for %d, at %d", k.hash, hash, k.slot)
					}
					if last[hash] != k {
						t.Fatalf("%d is not the last", hash)
					}
				}
				if bytes != c.bytes || bytes > c.limit {
					t.Fatalf("%d bytes, said to be %d of %d", bytes, c.bytes, c.limit)
				}
				if len(c.entries)+len(c.free) != len(c.ring) {
					t.Fatalf("%d kept and %d free of %d places", len(c.entries), len(c.free), len(c.ring))
				}
			},
		})
	})
}

// What was asked for stays for one more round of the hand, unless an invalidation has ended it; what was not goes first.
func TestClockGivesASecondChance(t *testing.T) {
	c := &clock{limit: 4 * (entryBytes + 1)}
	put := func(hash, since uint64) { c.put(&reused{bytes: make([]byte, 1), hash: hash, since: since}) }
	expect := func(hashes ...uint64) {
		t.Helper()
		if len(c.entries) != len(hashes) {
			t.Errorf("%d are kept, not %d", len(c.entries), len(hashes))
		}
		for _, hash := range hashes {
			if c.get(hash) == nil {
				t.Errorf("%d is gone", hash)
			}
		}
	}
	for hash := range uint64(4) {
		put(hash, 0)
	}
	c.get(0).used.Store(true)
	c.get(2).used.Store(true)
	put(4, 0)
	expect(0, 2, 3, 4)
	put(5, 0)
	expect(0, 2, 4, 5)
	c.get(0).used.Store(true)
	put(6, 1)
	expect(2, 4, 5, 6)
	c.get(6).used.Store(true)
	for hash := uint64(7); hash < 10; hash++ {
		put(hash, 0)
	}
	expect(6, 7, 8, 9)
	put(10, 0)
	expect(6, 8, 9, 10)
}
