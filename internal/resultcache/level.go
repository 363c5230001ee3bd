package resultcache

import (
	"context"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/loaderline/loaderline/internal/cachetier"
)

// level is a tier with what a Memory counts of it.
type level struct {
	tier                     cachetier.Tier
	hits, misses, unreadable atomic.Uint64
}

// tierSpace names the keys of one loader in one version.
func tierSpace(loader, version string) string {
	return url.PathEscape(loader) + "/" + url.PathEscape(version)
}

// found is an entry of a tier, by its key's position.
type found struct {
	at    int32
	entry cachetier.Entry
}

// get gives what the tier holds. It is looked at only afterwards, when nothing of the tier waits for it.
func (l *level) get(ctx context.Context, space string, names []string) []found {
	var all []found
	l.tier.Get(ctx, space, names, func(i int, e cachetier.Entry) { all = append(all, found{at: int32(i), entry: e}) })
	return all
}

// age is how long ago the entry was loaded, by a clock that may not be this process's.
func age(e *cachetier.Entry, now time.Time) time.Duration { return max(now.Sub(e.Born), 0) }
