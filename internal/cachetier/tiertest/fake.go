package tiertest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/loaderline/loaderline/internal/cachetier"
)

// Store is where Fakes keep what they hold: a file or a server, in memory. Its zero value is empty and ready to use.
type Store struct {
	// Unfenced reports whether Set keeps what it is given, also what began to load before an invalidation: as a tier that one
	// process has for itself.
	Unfenced bool

	mu        sync.Mutex
	spaces    map[string]map[string]cachetier.Entry
	fences    map[string]map[string]time.Time // when a key was invalidated
	floors    map[string]time.Time            // when all keys of a space were
	positions map[cachetier.Partition]int64
}

// Fake is a Tier in memory for tests, with faults on request. It is safe for concurrent use.
type Fake struct {
	// TierName is what Name returns. Defaults to "fake".
	TierName string
	// Before is called before each Get, Set, Invalidate and InvalidateAll with the method's name: to count, or to take time. Optional.
	Before func(method string)

	store *Store

	mu     sync.Mutex
	closed bool
	away   bool
	untold []func() // invalidations that the store has not heard of
}

// NewFake opens a Fake on a store.
func NewFake(s *Store) *Fake { return &Fake{TierName: "fake", store: s} }

var (
	errClosed = errors.New("the tier is closed")
	errAway   = errors.New("the store is away")
)

// Name is TierName.
func (f *Fake) Name() string { return f.TierName }

// SetAway makes the store unreachable, or reachable again.
func (f *Fake) SetAway(away bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.away = away
	if away {
		return
	}
	for _, tell := range f.untold {
		tell()
	}
	f.untold = nil
}

// Lose empties the store, as a server that starts anew.
func (f *Fake) Lose() {
	f.store.mu.Lock()
	defer f.store.mu.Unlock()
	f.store.spaces, f.store.positions = nil, nil
}

// begin calls Before, and reports whether the store can be reached.
func (f *Fake) begin(ctx context.Context, method string) error {
	if f.Before != nil {
		f.Before(method)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.closed:
		return errClosed
	case f.away:
		return errAway
	}
	return ctx.Err()
}

// Get calls hit for what the store holds.
func (f *Fake) Get(ctx context.Context, space string, keys []string, hit func(i int, e cachetier.Entry)) {
	if f.begin(ctx, "Get") != nil {
		return
	}
	now := time.Now()
	found := make(map[int]cachetier.Entry, len(keys))
	f.store.mu.Lock()
	for i, k := range keys {
		if e, ok := f.store.spaces[space][k]; ok && now.Before(e.Until) {
			e.Value = slices.Clone(e.Value)
			found[i] = e
		}
	}
	f.store.mu.Unlock()
	for i, e := range found {
		hit(i, e)
	}
}

// Set keeps entries, but for those whose key was invalidated since their load began.
func (f *Fake) Set(ctx context.Context, space string, keys []string, entries []cachetier.Entry) {
	if f.begin(ctx, "Set") != nil {
		return
	}
	s := f.store
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, k := range keys {
		if e := entries[i]; s.Unfenced || !e.Began.Before(s.floors[space]) && !e.Began.Before(s.fences[space][k]) {
			e.Value = slices.Clone(e.Value)
			put(&s.spaces, space, k, e)
		}
	}
}

func put[V any](m *map[string]map[string]V, space, key string, v V) {
	if *m == nil {
		*m = map[string]map[string]V{}
	}
	if (*m)[space] == nil {
		(*m)[space] = map[string]V{}
	}
	(*m)[space][key] = v
}

// Invalidate removes keys. While the store is away it is noted, and done when the store is back.
func (f *Fake) Invalidate(ctx context.Context, space string, keys []string) {
	f.tell(ctx, "Invalidate", func(s *Store, now time.Time) {
		for _, k := range keys {
			delete(s.spaces[space], k)
			put(&s.fences, space, k, now)
		}
	})
}

// InvalidateAll removes all keys of a space, as Invalidate does.
func (f *Fake) InvalidateAll(ctx context.Context, space string) {
	f.tell(ctx, "InvalidateAll", func(s *Store, now time.Time) {
		delete(s.spaces, space)
		if s.floors == nil {
			s.floors = map[string]time.Time{}
		}
		s.floors[space] = now
	})
}

// tell does to the store what an invalidation says, whatever the context, now or when the store is back.
func (f *Fake) tell(ctx context.Context, method string, do func(*Store, time.Time)) {
	_ = f.begin(ctx, method)
	f.mu.Lock()
	defer f.mu.Unlock()
	apply := func() {
		f.store.mu.Lock()
		defer f.store.mu.Unlock()
		do(f.store, time.Now())
	}
	if f.away {
		f.untold = append(f.untold, apply)
		return
	}
	apply()
}

// Positions are the store's.
func (f *Fake) Positions(ctx context.Context) ([]cachetier.Position, error) {
	if err := f.begin(ctx, "Positions"); err != nil {
		return nil, err
	}
	f.store.mu.Lock()
	defer f.store.mu.Unlock()
	var positions []cachetier.Position
	for p, offset := range f.store.positions {
		positions = append(positions, cachetier.Position{Topic: p.Topic, Partition: p.Partition, Offset: offset})
	}
	return positions, nil
}

// SavePositions stores the positions that move forward.
func (f *Fake) SavePositions(ctx context.Context, positions []cachetier.Position) error {
	if err := f.begin(ctx, "SavePositions"); err != nil {
		return err
	}
	s := f.store
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.positions == nil {
		s.positions = map[cachetier.Partition]int64{}
	}
	for _, p := range positions {
		at := cachetier.Partition{Topic: p.Topic, Partition: p.Partition}
		s.positions[at] = max(s.positions[at], p.Offset)
	}
	return nil
}

// Clear empties the store.
func (f *Fake) Clear(ctx context.Context) error {
	if err := f.begin(ctx, "Clear"); err != nil {
		return err
	}
	f.Lose()
	return nil
}

// Close ends the Fake, and leaves the store as it is.
func (f *Fake) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	return nil
}
