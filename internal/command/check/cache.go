package check

import (
	"context"

	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/stages"
)

// sharedCache checks the cache in Redis. That it is away stops no pipeline; that it will never let this one in is a mistake.
func (c Check) sharedCache(ctx context.Context) {
	const what, name = "cache", "redis"
	file := c.Layout.File
	tier, err := pipeline.OpenRedisTier(ctx, file, nil, nil)
	if err != nil {
		c.failed(what, name, err)
		return
	}
	switch err := tier.Ping(ctx); {
	case err == nil:
		c.ok(what, name, "answers")
	case stages.ClassOf(err) == stages.Fatal:
		c.failed(what, name, file.Errorf("cache.redis", "%v", err))
	default:
		c.Report(Finding{What: what, Name: name, OK: true, Warning: true, Detail: err.Error() + ": a run would continue without it"})
	}
	if err := tier.Close(); err != nil {
		c.failed(what, name, err)
	}
}

// diskCache reports a folder that others can write to: a run would continue without its cache on disk.
func (c Check) diskCache() {
	const what, name = "cache", "disk"
	if err := pipeline.CheckDisk(c.Layout.File); err != nil {
		c.Report(Finding{What: what, Name: name, OK: true, Warning: true, Detail: err.Error() + ": a run would continue without it"})
		return
	}
	c.ok(what, name, "no other user can write to %s", c.Layout.File.Cache.Disk.Path)
}
