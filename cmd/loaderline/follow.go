package main

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/loaderline/loaderline/internal/cachetier"
	"github.com/loaderline/loaderline/internal/invalidation"
	"github.com/loaderline/loaderline/internal/plural"
	"github.com/loaderline/loaderline/internal/runtime"
)

// follower reads the change topics beside a run.
type follower struct {
	reader *invalidation.Reader // nil: there are none
	begin  <-chan struct{}      // closed when events may be processed
	group  errgroup.Group
	cancel context.CancelFunc
}

// follow begins to read the change topics, until stop: also a drain looks up what has changed. It begins where the tiers,
// which outlive the process, were left.
func follow(ctx context.Context, l *loaded, seen *runtime.Run, tiers []cachetier.Tier) *follower {
	f := &follower{cancel: func() {}}
	file := l.layout.File.Cache.Invalidate
	if file == nil {
		return f
	}
	kafka := l.kafka
	kafka.Logger = nil // The reader says itself what is wrong.
	cfg := invalidation.ReaderConfig{Kafka: kafka, Handler: seen.Invalidator(), Scope: seen.Invalidator().Scope(), Logger: l.log}
	for _, tier := range tiers {
		cfg.Tiers = append(cfg.Tiers, tier)
	}
	f.reader = invalidation.NewReader(cfg)
	f.begin = f.reader.Placed()
	if file.Wait {
		f.begin = f.reader.Caught()
	}
	reading, cancel := context.WithCancel(context.WithoutCancel(ctx))
	f.cancel = cancel
	f.group.Go(func() error { return f.reader.Run(reading) })
	seen.Following(f.reader, func() string {
		select {
		case <-f.begin:
			return ""
		default:
		}
		if left := f.reader.Status().Behind; left > 0 {
			return "the change topics: " + plural.Count(left, "record") + " to go"
		}
		return "the change topics"
	})
	return f
}

// wait waits until events may be processed, and reports whether that came before ctx ended.
func (f *follower) wait(ctx context.Context) bool {
	if f.reader == nil {
		return true
	}
	select {
	case <-f.begin:
		return true
	case <-ctx.Done():
		return false
	}
}

func (f *follower) stop() error {
	f.cancel()
	return f.group.Wait()
}
