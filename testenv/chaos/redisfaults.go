package chaos

import (
	"context"
	"errors"

	"github.com/redis/go-redis/v9"
)

// redisFrozen, redisEmptied and redisFull take Redis from all rounds that run.
var (
	redisFrozen = Fault{
		Name:   "redis frozen",
		Inject: func(_ context.Context, r *Round) error { return r.world.redis.Pause() },
		Heal:   func(_ context.Context, r *Round) error { return r.world.redis.Resume() },
	}
	redisEmptied = Fault{
		Name:   "redis restarted empty",
		Inject: func(_ context.Context, r *Round) error { return r.world.redis.Kill() },
		Heal:   func(ctx context.Context, r *Round) error { return r.world.redis.Start(ctx) },
	}
	redisFull = Fault{
		Name:   "redis out of memory",
		Inject: func(ctx context.Context, r *Round) error { return r.world.limitRedis(ctx, "1mb") },
		Heal:   func(ctx context.Context, r *Round) error { return r.world.limitRedis(ctx, "0") },
	}
)

// limitRedis has Redis refuse writes beyond so much memory.
func (w *World) limitRedis(ctx context.Context, memory string) (err error) {
	client := redis.NewClient(&redis.Options{Addr: w.redis.Address()})
	defer func() { err = errors.Join(err, client.Close()) }()
	return client.ConfigSet(ctx, "maxmemory", memory).Err() // The policy is noeviction unless it is set.
}
