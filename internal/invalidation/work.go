package invalidation

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/loaderline/loaderline/stages/lookup"
)

// work is what has to be forgotten, by stage.
type work map[string]*stageWork

type stageWork struct {
	all  bool
	keys map[lookup.Key]struct{}
}

func (w work) of(stage string) *stageWork {
	if w[stage] == nil {
		w[stage] = &stageWork{keys: map[lookup.Key]struct{}{}}
	}
	return w[stage]
}

// add adds a key, in all forms that a stage may have it in.
func (w work) add(cache Cache, stage string, parts [][]byte) error {
	keys, err := cache.Keys(stage, parts...)
	if err != nil {
		return err
	}
	of := w.of(stage)
	for _, k := range keys {
		of.keys[lookup.Key(strings.Clone(string(k)))] = struct{}{}
	}
	return nil
}

// do makes the cache forget.
func (v *Invalidator) do(ctx context.Context, do work) {
	for stage, of := range do {
		switch {
		case of.all:
			v.cfg.Cache.InvalidateAll(ctx, stage)
			v.counts.all(stage)
		case len(of.keys) > 0:
			v.cfg.Cache.Invalidate(ctx, stage, slices.Collect(maps.Keys(of.keys))...)
			v.counts.keys(stage, len(of.keys))
		}
	}
}
