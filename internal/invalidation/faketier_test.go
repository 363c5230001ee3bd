package invalidation_test

import (
	"context"
	"fmt"
	"sync"

	"github.com/loaderline/loaderline/internal/cachetier"
	"github.com/loaderline/loaderline/internal/invalidation"
)

// scope has one space.
var scope = invalidation.Scope{ID: "scope", Spaces: []string{"user/1"}}

// tier keeps positions of one scope, and counts how often it was cleared.
type tier struct {
	mu        sync.Mutex
	positions map[int32]int64
	topic     string // with its ID
	cleared   int
	forgot    int // how often it was told to forget a space
	failing   error
}

func newTier(w *world, at ...int64) *tier {
	w.t.Helper()
	t := &tier{topic: w.topic + "@" + w.topicID(), positions: map[int32]int64{}}
	for partition, offset := range at {
		t.positions[int32(partition)] = offset
	}
	return t
}

func (t *tier) Name() string { return "fake" }

func (t *tier) Positions(context.Context) ([]cachetier.Position, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []cachetier.Position
	for partition, offset := range t.positions {
		all = append(all, cachetier.Position{Topic: scope.ID + "@" + t.topic, Partition: partition, Offset: offset})
	}
	return all, t.failing
}

func (t *tier) SavePositions(_ context.Context, at []cachetier.Position) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.failing != nil {
		return t.failing
	}
	for _, p := range at {
		t.positions[p.Partition] = max(t.positions[p.Partition], p.Offset)
	}
	return nil
}

func (t *tier) InvalidateAll(context.Context, string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.forgot++
}

func (t *tier) Clear(context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.failing != nil {
		return t.failing
	}
	t.cleared++
	t.positions = map[int32]int64{}
	return nil
}

func (t *tier) fail(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failing = err
}

// state is how often the tier was cleared, and its positions.
func (t *tier) state() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.forgot > 0 {
		return fmt.Sprintf("forgot %d, cleared %d, at %v", t.forgot, t.cleared, t.positions)
	}
	return fmt.Sprintf("cleared %d, at %v", t.cleared, t.positions)
}
