package resultcache

import (
	"hash/maphash"
	"reflect"
	"sync"
	"sync/atomic"
)

// space holds the keys of one loader in one version. Each space has its own seed, so equal keys of two loaders have different
// hashes. The seed also spreads keys that are not random, such as counters and time-ordered IDs.
type space struct {
	seed  maphash.Seed
	floor atomic.Uint64 // the last invalidation of all keys
	// tiers is held shared by what is written into the tiers, and alone by what is invalidated in them.
	tiers sync.RWMutex
}

type spaceID struct {
	loader, version string
	key, value      reflect.Type
}

// spaces gives the views of the same loader the same space.
type spaces struct {
	mu   sync.Mutex
	byID map[spaceID]*space
}

func (s *spaces) get(id spaceID) *space {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byID == nil {
		s.byID = make(map[spaceID]*space)
	}
	sp, ok := s.byID[id]
	if !ok {
		sp = &space{seed: maphash.MakeSeed()}
		s.byID[id] = sp
	}
	return sp
}
