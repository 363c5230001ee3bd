package redistier

import (
	"context"
	_ "embed" // The scripts are separate files.

	"github.com/redis/go-redis/v9"
)

var (
	//go:embed scripts/set.lua
	setSource string
	//go:embed scripts/bury.lua
	burySource string
	//go:embed scripts/sync.lua
	syncSource string
	//go:embed scripts/positions.lua
	positionsSource string
)

// scripts are run by their hashes, so each server must have been given them. One that starts again has forgotten them,
// and returns NOSCRIPT: the tier is then away until it has loaded them again.
type scripts struct{ set, bury, sync, positions *redis.Script }

func newScripts() scripts {
	return scripts{
		set: redis.NewScript(setSource), bury: redis.NewScript(burySource),
		sync: redis.NewScript(syncSource), positions: redis.NewScript(positionsSource),
	}
}

// load gives them to the server, or to each server that takes writes. A replica that is down is nobody's trouble.
func (s scripts) load(ctx context.Context, db redis.UniversalClient) error {
	give := func(ctx context.Context, db redis.UniversalClient) error {
		pipe := db.Pipeline()
		for _, source := range []string{setSource, burySource, syncSource, positionsSource} {
			pipe.ScriptLoad(ctx, source)
		}
		_, err := pipe.Exec(ctx)
		return err
	}
	if cluster, ok := db.(*redis.ClusterClient); ok {
		return cluster.ForEachMaster(ctx, func(ctx context.Context, db *redis.Client) error { return give(ctx, db) })
	}
	return give(ctx, db)
}
