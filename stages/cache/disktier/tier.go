package disktier

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/loaderline/loaderline/internal/cachetier"
	"github.com/loaderline/loaderline/internal/pebblestore"
	"github.com/loaderline/loaderline/stages/cache"
)

const (
	// getTime and setTime bound a Get and a Set. One that takes longer gives nothing, nor do others until it has ended.
	getTime = 2 * time.Second
	setTime = 2 * time.Second
	// mustTime bounds what has to be done: when it takes longer, everything that is held is given up instead.
	mustTime = 10 * time.Second
)

// content is what the directory of a tier holds.
var content = pebblestore.Content{Name: "cache", Format: 1}

// ErrHeld is the error of Open if another process uses the directory, or another tier of this process.
var ErrHeld = pebblestore.ErrHeld

var errAway = errors.New("disktier: the disk does not answer")

// tier is a cachetier.Disk. It is safe for concurrent use, and made by openOn.
type tier struct {
	cfg    Config
	folder *pebblestore.Folder
	below  vfs.FS
	log    *slog.Logger
	// retryAfter is how long the disk is left alone after a failure.
	retryAfter time.Duration

	store atomic.Pointer[store] // nil while the disk is given up
	// residue is what kept a store's files from being removed, while there is none.
	residue atomic.Pointer[error]
	counts  counts
	// lateGets and lateSets are the calls that took too long and have not ended.
	lateGets, lateSets atomic.Int64

	closing chan struct{}
	closed  chan struct{} // by the keeper, when it has closed the store
	close   sync.Once
}

var _ cachetier.Disk = (*tier)(nil)

type counts struct {
	hits, misses, written, refused, failures atomic.Uint64
}

// Open opens the tier in a directory, and makes the directory if it does not exist. It discards data that cannot be read,
// with a warning. It returns an error if cfg is wrong, if another user can write to the directory, or if the directory cannot
// be made or holds anything else. The error is ErrHeld if the directory is in use. A disk that does not work is no error: the
// tier tries it again every minute. The caller closes the tier.
func Open(cfg Config) (cache.Tier, error) {
	t, err := openOn(cfg, vfs.Default, time.Minute)
	if err != nil {
		return nil, err
	}
	return cachetier.Seal(t), nil
}

// openOn is Open on a file system, with the time after which a disk that failed is tried again.
func openOn(cfg Config, below vfs.FS, retryAfter time.Duration) (*tier, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	folder, err := pebblestore.Claim(cfg.Dir, content)
	if err != nil {
		return nil, err
	}
	t := &tier{
		cfg: cfg, folder: folder, below: below, log: cfg.Logger.With(slog.String("dir", cfg.Dir)), retryAfter: retryAfter,
		closing: make(chan struct{}), closed: make(chan struct{}),
	}
	if err := t.start(); err != nil {
		t.warn("what the disk cache holds cannot be read and is given up", err)
		err := t.distrust(t.folder.Distrust)
		if err == nil {
			err = errors.Join(t.folder.Clean(), t.start())
		}
		if err != nil {
			t.warn("the disk cannot be used for the cache; trying again later", err)
		}
	}
	go t.keep()
	return t, nil
}

// Name is "disk".
func (t *tier) Name() string { return "disk" }

// Get calls hit for the keys that are held. It takes 2 s at most.
func (t *tier) Get(ctx context.Context, space string, keys []string, hit func(i int, e cachetier.Entry)) {
	var (
		hits []found
		err  = errAway
	)
	if len(keys) > 0 && t.lateGets.Load() == 0 {
		hits, err = call(ctx, t.store.Load(), getTime, &t.lateGets, func(s *store) ([]found, error) { return s.get(space, keys) })
	}
	if err != nil {
		hits = nil
	}
	t.counts.hits.Add(uint64(len(hits)))
	t.counts.misses.Add(uint64(len(keys) - len(hits)))
	for _, h := range hits {
		hit(h.index, h.entry)
	}
}

// Set keeps entries while there is room. It takes 2 s at most. Values larger than a quarter of Memory are not kept.
func (t *tier) Set(ctx context.Context, space string, keys []string, entries []cachetier.Entry) {
	if len(keys) == 0 {
		return
	}
	var (
		gaveUp  atomic.Bool
		written int
		err     = errAway
	)
	if t.lateSets.Load() == 0 {
		written, err = call(ctx, t.store.Load(), setTime, &t.lateSets, func(s *store) (int, error) { return s.set(space, keys, entries, &gaveUp) })
	}
	gaveUp.Store(true)
	if err != nil {
		written = 0
	}
	t.counts.written.Add(uint64(written))
	t.counts.refused.Add(uint64(len(keys) - written))
}

// Invalidate removes keys.
func (t *tier) Invalidate(ctx context.Context, space string, keys []string) {
	if len(keys) > 0 {
		_ = t.must(ctx, func(s *store) error { return s.invalidate(space, keys) })
	}
}

// InvalidateAll removes the keys of a space.
func (t *tier) InvalidateAll(ctx context.Context, space string) {
	_ = t.must(ctx, func(s *store) error { return s.invalidateAll(space) })
}

// Positions returns the positions that SavePositions stored. While the disk fails there are none: when it is back it is empty.
func (t *tier) Positions(ctx context.Context) ([]cachetier.Position, error) {
	s := t.store.Load()
	if s == nil {
		return nil, nil
	}
	positions, err := call(ctx, s, mustTime, nil, func(s *store) ([]cachetier.Position, error) { return s.savedPositions(), nil })
	if errors.Is(err, errAway) {
		return nil, nil
	}
	return positions, err
}

// SavePositions stores positions. It returns an error if it cannot, as while the disk fails.
func (t *tier) SavePositions(ctx context.Context, positions []cachetier.Position) error {
	return t.must(ctx, func(s *store) error { return s.savePositions(positions) })
}

// Clear removes everything. If it returns no error, nothing comes back, even if the disk fails.
func (t *tier) Clear(ctx context.Context) error {
	err := t.must(ctx, (*store).clear)
	if errors.Is(err, errAway) {
		return nil
	}
	return err
}

// must does what may not be left undone. Where it fails, what the store holds is not trusted any more when must
// returns, and the error is errAway, or says that not even that could be done.
func (t *tier) must(ctx context.Context, do func(s *store) error) error {
	s := t.store.Load()
	if s == nil {
		if err := t.residue.Load(); err != nil {
			return *err
		}
		return errAway
	}
	_, err := call(context.WithoutCancel(ctx), s, mustTime, nil, func(s *store) (struct{}, error) { return struct{}{}, do(s) })
	if err == nil {
		return nil
	}
	s.trip(err)
	return s.distrustWithin(mustTime)
}

// Stats reads the counters. They are each exact, but not taken at one moment.
func (t *tier) Stats() cachetier.DiskStats {
	stats := cachetier.DiskStats{
		Hits: t.counts.hits.Load(), Misses: t.counts.misses.Load(),
		Written: t.counts.written.Load(), Refused: t.counts.refused.Load(),
		Failures: t.counts.failures.Load(), MaxBytes: t.cfg.MaxBytes,
	}
	if s := t.store.Load(); s != nil && !s.broken.Load() {
		stats.Up, stats.Bytes = true, s.bytes.Load()
	}
	return stats
}
