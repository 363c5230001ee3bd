package main

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/redis/go-redis/v9"
)

// redisLog receives what the Redis driver says by itself, which is about connections. What it means for a call stands in
// the call's own error, so that this is for debugging.
type redisLog struct{ log *slog.Logger }

// Printf implements the driver's logger.
func (l redisLog) Printf(ctx context.Context, format string, v ...any) {
	l.log.LogAttrs(ctx, slog.LevelDebug, "redis driver", slog.String("message", fmt.Sprintf(format, v...)))
}

// logRedis gives the Redis driver a logger, which is the process's: it has no other.
func logRedis(log *slog.Logger) { redis.SetLogger(redisLog{log}) }
