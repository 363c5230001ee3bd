package pipeline

import (
	"context"
	"errors"
	"log/slog"

	"github.com/loaderline/loaderline/internal/cachetier"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/tlsfiles"
	"github.com/loaderline/loaderline/stages/cache/redistier"
)

// OpenRedisTier makes the cache tier of cache.redis, which the file has. A Redis that does not answer is no error.
// Mistakes are *strictyaml.Errors. The caller closes the tier.
func OpenRedisTier(ctx context.Context, file *pipelinefile.File, logger *slog.Logger, watch *tlsfiles.Watch) (cachetier.Remote, error) {
	const section = "cache.redis"
	f := file.Cache.Redis
	cfg, err := redisConfig(file, section, &f.Redis, f.Timeout, watch)
	if err != nil {
		return nil, err
	}
	tier, err := redistier.Open(ctx, redistier.Config{Redis: cfg, Prefix: f.Prefix, Logger: logger})
	if err != nil {
		return nil, file.Errorf(section, "%v", errors.Unwrap(err))
	}
	return cachetier.Of(tier).(cachetier.Remote), nil
}
