package resultcache

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dgraph-io/ristretto/v2"

	"github.com/loaderline/loaderline/internal/cachetier"
)

const (
	defaultMaxBytes   = 256 << 20
	defaultEntryBytes = 512

	// countersPerEntry is how many admission counters an expected entry gets. On Zipf keys half as many cost 0.01 of hit
	// ratio, and twice as many gain 0.01.
	countersPerEntry = 8
	minCounters      = 1 << 10
	// getBuffer is the number of reads that are sampled together; it is the value that ristretto recommends.
	getBuffer = 64
)

// MemoryConfig configures a Memory. Its zero value is ready to use.
type MemoryConfig struct {
	// MaxBytes bounds the keys, the values and what it takes to keep them, in bytes. Beside it, admission counters and
	// invalidation slots take 40 to 65 B for each MaxBytes/EntryBytes: 20 MiB with the defaults. Defaults to 256 MiB.
	MaxBytes int64
	// EntryBytes is the expected size of one entry, about 350 B more than its key and value. It sizes the admission
	// counters (8 an entry) and the invalidation slots (1 an entry), not the entries: too large a guess costs some
	// hit ratio, too small a one costs memory. Defaults to 512 B.
	EntryBytes int64
	// Tiers are asked, fastest first, for what the memory does not hold, and keep what it keeps. Whoever opened them
	// closes them, after the Memory.
	Tiers []cachetier.Tier
}

func (cfg MemoryConfig) withDefaults() MemoryConfig {
	if cfg.MaxBytes == 0 {
		cfg.MaxBytes = defaultMaxBytes
	}
	if cfg.EntryBytes == 0 {
		cfg.EntryBytes = defaultEntryBytes
	}
	return cfg
}

func (cfg MemoryConfig) validate() error {
	var errs []error
	if cfg.MaxBytes < 0 {
		errs = append(errs, fmt.Errorf("cache: MaxBytes is %d: give a number of bytes, or 0 for the default", cfg.MaxBytes))
	}
	if cfg.EntryBytes < 0 {
		errs = append(errs, fmt.Errorf("cache: EntryBytes is %d: give a number of bytes, or 0 for the default", cfg.EntryBytes))
	}
	for i, t := range cfg.Tiers {
		if t == nil {
			errs = append(errs, fmt.Errorf("cache: Tiers[%d] is nil: leave it out", i))
		}
	}
	return errors.Join(errs...)
}

// Memory is a budget of bytes that the views of all loaders share, above the tiers that it was given. It is safe for concurrent use.
// Whoever made it closes it.
type Memory struct {
	maxBytes int64
	store    *ristretto.Cache[uint64, any] // entry hash -> *entry[K, V]
	start    time.Time                     // entries count their time from here
	order    order
	spaces   spaces
	tiers    []*level
	counts   counts

	// reading is held by every Get and once by Close: ristretto must not be read while it closes.
	reading sync.RWMutex
	// writing serialises all writes to the store.
	writing   sync.Mutex
	unsettled map[uint64]struct{} // hashes written since the last Wait; guarded by writing

	closed atomic.Bool
	close  sync.Once
}

type counts struct {
	hits, negativeHits, misses           atomic.Uint64
	written, rejected, dropped, outdated atomic.Uint64
	evictions, expirations               atomic.Uint64
	invalidations                        atomic.Uint64
}

// New makes an empty Memory. It reports every mistake in cfg at once.
func New(cfg MemoryConfig) (*Memory, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	expected := max(cfg.MaxBytes/cfg.EntryBytes, 1)
	m := &Memory{
		maxBytes:  cfg.MaxBytes,
		start:     time.Now(),
		unsettled: make(map[uint64]struct{}),
	}
	for _, t := range cfg.Tiers {
		m.tiers = append(m.tiers, &level{tier: t})
	}
	m.order.init(expected)
	store, err := ristretto.NewCache(&ristretto.Config[uint64, any]{
		MaxCost:            cfg.MaxBytes,
		NumCounters:        max(expected*countersPerEntry, minCounters),
		BufferItems:        getBuffer,
		IgnoreInternalCost: true, // the costs given to it include what ristretto needs for itself
		KeyToHash:          func(hash uint64) (uint64, uint64) { return hash, 0 },
		OnEvict:            m.onEvict,
		OnReject:           m.onReject,
	})
	if err != nil {
		return nil, fmt.Errorf("cache: start the memory of %d bytes: %w", cfg.MaxBytes, err)
	}
	m.store = store
	return m, nil
}

// Close drops every entry and ends the goroutines behind m. Afterwards Get finds nothing and Set keeps nothing.
// It waits for the Gets and Sets that are at work. Further calls do nothing.
func (m *Memory) Close() {
	m.close.Do(func() {
		// The two locks are taken one after the other, so that a hit function may call Set.
		m.reading.Lock()
		m.closed.Store(true)
		m.reading.Unlock()

		m.writing.Lock()
		defer m.writing.Unlock()
		m.store.Close()
	})
}

// since is the time since m was made, by the monotonic clock.
func (m *Memory) since() time.Duration { return time.Since(m.start) }

// onEvict runs on ristretto's only writer, so it must stay trivial: a Wait in it would never end.
func (m *Memory) onEvict(item *ristretto.Item[any]) {
	switch {
	case m.closed.Load(): // Close empties the store through here.
	case item.Expiration.IsZero():
		m.counts.evictions.Add(1)
	default:
		m.counts.expirations.Add(1)
	}
}

// onReject runs on ristretto's only writer, as onEvict does.
func (m *Memory) onReject(*ristretto.Item[any]) { m.counts.rejected.Add(1) }
