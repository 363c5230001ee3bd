package pipeline

import (
	"context"
	"log/slog"

	"github.com/loaderline/loaderline/internal/cachetier"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/tlsfiles"
)

// SourceOpener makes a Source without connecting. Its error is a *strictyaml.Error, or a *tlsfiles.EndedError.
type SourceOpener func(ctx context.Context, file *pipelinefile.File, f pipelinefile.Source, opts SourceOptions) (Source, error)

// RedisTierOpener is what OpenRedisTier does.
type RedisTierOpener func(ctx context.Context, file *pipelinefile.File, logger *slog.Logger, watch *tlsfiles.Watch) (cachetier.Remote, error)

// DiskTierOpener does what OpenDisk does, in a folder that no other user can write to.
type DiskTierOpener func(ctx context.Context, disk *pipelinefile.Disk, folder string, logger *slog.Logger) cachetier.Disk

// The sections of the cache tiers in a file, and words for them.
const (
	redisSection, redisWords = "cache.redis", "the cache in Redis"
	diskSection, diskWords   = "cache.disk", "the cache on disk"
)

// What the program is built with. The packages below this one add to it when they are imported, so that a program has the
// drivers that it imports and no others.
var (
	sourceOpeners = map[string]SourceOpener{} // by pipelinefile.Source.Driver
	openRedisTier RedisTierOpener
	openDiskTier  DiskTierOpener
)

// RegisterSource adds sources of a driver, as pipelinefile.Source.Driver names it. It is called while the program starts.
func RegisterSource(driver string, open SourceOpener) { sourceOpeners[driver] = open }

// RegisterRedisTier adds the cache in Redis. It is called while the program starts.
func RegisterRedisTier(open RedisTierOpener) { openRedisTier = open }

// RegisterDiskTier adds the cache on disk. It is called while the program starts.
func RegisterDiskTier(open DiskTierOpener) { openDiskTier = open }

// OpenSource makes a Source without connecting. Its error is a *strictyaml.Error, or a *tlsfiles.EndedError.
func OpenSource(ctx context.Context, file *pipelinefile.File, f pipelinefile.Source, opts SourceOptions) (Source, error) {
	if err := linked(file, f); err != nil {
		return nil, err
	}
	return sourceOpeners[f.Driver()](ctx, file, f, opts)
}

// OpenRedisTier makes the cache tier of cache.redis, which the file has. A Redis that does not answer is no error.
// Mistakes are *strictyaml.Errors. The caller closes the tier.
func OpenRedisTier(ctx context.Context, file *pipelinefile.File, logger *slog.Logger, watch *tlsfiles.Watch) (cachetier.Remote, error) {
	if openRedisTier == nil {
		return nil, notLinked(file, redisSection, redisWords)
	}
	return openRedisTier(ctx, file, logger, watch)
}

// linked returns an error if the program is built without what a source needs.
func linked(file *pipelinefile.File, f pipelinefile.Source) error {
	driver := f.Driver()
	if _, ok := sourceOpeners[driver]; ok {
		return nil
	}
	key := "sources." + f.Name + "." + string(f.Kind())
	if f.SQL != nil {
		key += ".driver"
	}
	return notLinked(file, key, "sources of "+driver)
}

func notLinked(file *pipelinefile.File, key, what string) error {
	return file.Errorf(key, "this program is built without %s; use loaderline, which has all", what)
}

// linked checks that the program is built with what the file names.
func (l *layouter) linked() {
	for _, f := range l.File.Sources {
		if err := linked(l.File, f); err != nil {
			l.problems = append(l.problems, err)
		}
	}
	if l.File.Cache.Redis != nil && openRedisTier == nil {
		l.problems = append(l.problems, notLinked(l.File, redisSection, redisWords))
	}
	if l.File.Cache.Disk != nil && openDiskTier == nil {
		l.problems = append(l.problems, notLinked(l.File, diskSection, diskWords))
	}
}
