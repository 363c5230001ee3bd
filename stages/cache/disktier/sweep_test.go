package disktier_test

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/loaderline/loaderline/internal/cachetier"
	"github.com/loaderline/loaderline/stages/cache/disktier"
)

func TestSweepRemovesWhatHasEnded(t *testing.T) {
	const n = 2000
	tier := open(t, disktier.Config{Dir: t.TempDir()})
	defer closed(t, tier)
	keys, entries := sequence(n)
	for i := range entries {
		if i%2 == 0 {
			entries[i].Until = time.Now().Add(-5 * time.Second)
		}
	}
	tier.Set(t.Context(), space, keys, entries)
	// An entry that was replaced by one which lasts stays, and one that was invalidated does not come back.
	tier.Set(t.Context(), space, keys[:1], []cachetier.Entry{entry("replaced", time.Hour)})
	tier.Invalidate(t.Context(), space, keys[2:3])
	if err := tier.Sweep(); err != nil {
		t.Fatal(err)
	}
	if entries, ends := tier.Rows(); entries != n/2+1 || ends != n/2+1 {
		t.Errorf("%d entries and %d ends are left", entries, ends)
	}
	expect(t, tier, keys[0], "replaced")
	expect(t, tier, keys[1], "value 1")
	expect(t, tier, keys[2], "")
}

// TestBoundIsKept writes far more than there is room for. What lasts longest stays.
func TestBoundIsKept(t *testing.T) {
	const (
		maxBytes = 128 << 20
		batches  = 40
		size     = 4 << 10
	)
	dir := t.TempDir()
	tier := open(t, disktier.Config{Dir: dir, MaxBytes: maxBytes, Memory: 16 << 20})
	defer closed(t, tier)
	noise := rand.NewChaCha8([32]byte{})
	lasting := make([]string, 500)
	for b := range batches {
		var keys []string
		var entries []cachetier.Entry
		add := func(key string, life time.Duration) {
			v := make([]byte, size)
			_, _ = noise.Read(v)
			keys, entries = append(keys, key), append(entries, entry(string(v), life))
		}
		for i := range 1000 {
			add(fmt.Sprint("short ", b, " ", i), time.Hour+time.Duration(b)*time.Minute)
		}
		if b == 0 {
			for i := range lasting {
				lasting[i] = fmt.Sprint("long ", i)
				add(lasting[i], 100*time.Hour)
			}
		}
		eventually(t, "there is room", func() bool {
			refused := tier.Stats().Refused
			tier.Set(t.Context(), space, keys, entries)
			if held := held(t, dir); held > maxBytes {
				t.Fatalf("the files hold %d bytes", held)
			}
			return tier.Stats().Refused == refused
		})
	}
	n := 0
	tier.Get(t.Context(), space, lasting, func(int, cachetier.Entry) { n++ })
	if n != len(lasting) {
		t.Errorf("%d of %d entries are left that last longest", n, len(lasting))
	}
	expect(t, tier, "short 0 1", "")
}

// held is the size of all files. A file that goes away meanwhile does not count.
func held(t *testing.T, dir string) (n int64) {
	t.Helper()
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			if info, err := d.Info(); err == nil {
				n += info.Size()
			}
		}
		return nil
	})
	return n
}
