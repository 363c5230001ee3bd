package redistier

import (
	"context"
	"errors"

	"github.com/redis/go-redis/v9"
)

// everything is among the floors what is below all spaces.
const everything = "*"

// Invalidate replaces keys by tombstones. While Redis is away it notes them; of a space with more than 100,000 noted keys
// it notes all. It heeds the timeout and not ctx.
func (t *tier) Invalidate(ctx context.Context, space string, keys []string) {
	var u untold
	u.addKeys(space, keys...)
	_ = t.tell(ctx, u) // What is noted is told.
}

// InvalidateAll raises the floor of a space, which every Get of every process reads beside its entries. It heeds the timeout
// and not ctx.
func (t *tier) InvalidateAll(ctx context.Context, space string) {
	var u untold
	u.addSpace(space)
	_ = t.tell(ctx, u)
}

// Clear does to all spaces what InvalidateAll does to one, and forgets the positions. If Redis is away that is
// an error, but noted: the tier returns nothing until it is done.
func (t *tier) Clear(ctx context.Context) error {
	return t.tell(ctx, untold{everything: true})
}

// tell invalidates, or notes what to invalidate and says why.
func (t *tier) tell(ctx context.Context, u untold) error {
	if u.empty() {
		return nil
	}
	if err := t.noteIfAway(u); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	err := t.apply(ctx, u)
	if err != nil {
		t.lose(ctx, err, u)
	}
	return err
}

// apply invalidates. The count comes last: if Redis has kept it, it has kept the tombstones.
func (t *tier) apply(ctx context.Context, u untold) error {
	var raised []any
	w := t.writer(t.scripts.bury, t.grace.Milliseconds())
	for space, keys := range u.spaces {
		if keys == nil {
			raised = append(raised, field(space))
		}
		prefix := t.keyspace(space)
		for key := range keys {
			if err := w.add(ctx, prefix+key, len(key)); err != nil {
				return err
			}
		}
	}
	if err := w.flush(ctx); err != nil {
		return err
	}
	pipe := t.db.Pipeline()
	if u.everything {
		raised = append(raised, everything)
		pipe.Del(ctx, t.positionsKey)
	}
	floors := t.sync(ctx, pipe, 1, "", raised...)
	if _, err := t.exec(ctx, pipe); err != nil {
		return err
	}
	_, err := t.heard(floors)
	return err
}

// sync queues the script that says the floor of a space. It counts one more invalidation where more is 1, and raises floors.
func (t *tier) sync(ctx context.Context, pipe redis.Pipeliner, more int, space string, raised ...any) *redis.Cmd {
	args := append([]any{t.counted.Load(), more, countLife.Milliseconds(), field(space)}, raised...)
	return t.scripts.sync.EvalSha(ctx, pipe, []string{t.floorsKey, t.countKey}, args...)
}

// heard takes in what the script has answered. The load of a good entry began after the floor.
func (t *tier) heard(answer *redis.Cmd) (floor int64, err error) {
	said, err := answer.Int64Slice()
	if err != nil {
		return 0, err
	}
	if len(said) != 4 {
		return 0, errors.New("a script has answered something else")
	}
	now, lost, counted, floor := said[0], said[1] == 1, said[2], said[3]
	t.clock.heard(now)
	for {
		if old := t.counted.Load(); counted <= old || t.counted.CompareAndSwap(old, counted) {
			break
		}
	}
	if lost {
		t.cfg.Logger.Warn("Redis has lost invalidations: all entries of the cache in it end here", "tier", t.Name())
	}
	return floor, nil
}
