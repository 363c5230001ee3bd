package redissource

import (
	"context"
	"errors"
	"log/slog"

	"github.com/loaderline/loaderline/internal/cachetier"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/tlsfiles"
	"github.com/loaderline/loaderline/stages/cache/redistier"
)

// openTier is a pipeline.RedisTierOpener.
func openTier(ctx context.Context, file *pipelinefile.File, logger *slog.Logger, watch *tlsfiles.Watch) (cachetier.Remote, error) {
	const section = "cache.redis"
	f := file.Cache.Redis
	cfg, err := config(file, section, &f.Redis, f.Timeout, watch)
	if err != nil {
		return nil, err
	}
	tier, err := redistier.Open(ctx, redistier.Config{Redis: cfg, Prefix: f.Prefix, Logger: logger})
	if err != nil {
		return nil, file.Errorf(section, "%v", errors.Unwrap(err))
	}
	return cachetier.Of(tier).(cachetier.Remote), nil
}
