package main

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/cachetier"
	"github.com/loaderline/loaderline/internal/console"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/runtime"
	"github.com/loaderline/loaderline/internal/safeerr"
)

// runner runs a pipeline. If a run has started without a source, runner starts it again once the source is there.
type runner struct {
	*loaded

	console  *console.Console
	flags    runFlags
	seen     *runtime.Run
	tiers    []cachetier.Tier
	instance string
	counts   runtime.Totals
	started  time.Time // zero before
}

// run opens the pipeline and runs it until ctx ends. It reports whether to run it again, because a source has come that was absent
// when it was opened.
func (r *runner) run(ctx context.Context) (again bool, err error) {
	open, err := pipeline.Open(ctx, r.layout, pipeline.Options{
		Logger: r.log, OnCall: r.seen.Call, Tiers: r.tiers, Reuse: true, Certificates: r.certificates,
		Start: &pipeline.Start{Wait: !r.flags.strictStart, OnAway: r.seen.Away, OnReached: r.seen.Reached, OnTable: r.seen.Table},
	})
	if err != nil {
		return false, unlessEnded(ctx, err)
	}
	defer func() { err = errors.Join(err, open.Close()) }()
	r.seen.Opened(r.layout, open)
	defer r.seen.Closing() // Before the tiers are closed.
	running, arrived, stop := r.awaitAbsent(ctx, open)
	defer stop()
	waiting := func() {
		r.log.LogAttrs(ctx, slog.LevelInfo, "waiting for Kafka", slog.Any("brokers", r.layout.File.Kafka.Brokers))
	}
	if err := r.awaitKafka(running, waiting, r.layout.File.AllTopics()...); err != nil {
		return arrived(), unlessEnded(running, err)
	}
	follower := follow(running, r.loaded, r.seen, open.Tiers())
	defer func() { err = errors.Join(err, follower.stop()) }()
	if !follower.wait(running) {
		return arrived(), nil // Nothing was begun.
	}
	// After the change topics are followed, or a change since the query began could be missed.
	endPreload := preload(running, r.console, r.log, safeerr.NewWords(open.Config.LogWords...), open.Preloads())
	defer endPreload()
	err = r.work(running, open)
	return err == nil && arrived(), r.hinted(withoutKeys(err, open.Config.LogWords))
}

// stopped logs what the run has done, if it ever began.
func (r *runner) stopped(ctx context.Context) {
	if r.started.IsZero() {
		return
	}
	r.seen.Stopped()
	r.log.LogAttrs(context.WithoutCancel(ctx), slog.LevelInfo, "stopped", summary(r.counts.Count(), time.Since(r.started))...)
}

// work runs what is open.
func (r *runner) work(ctx context.Context, open *pipeline.Pipeline) error {
	open.Config.OnCommit = func(tally loaderline.Tally) {
		r.counts.Add(tally)
		r.seen.Commit(tally)
	}
	if r.flags.ignoreLimit {
		open.Config.DeadLetterLimit = 1
	}
	p, err := loaderline.New(open.Config)
	if err != nil {
		return err
	}
	r.seen.Running(p)
	if r.started.IsZero() {
		r.started = time.Now()
		r.log.LogAttrs(ctx, slog.LevelInfo, "started", describe(r.layout.File, r.instance)...)
	}
	return p.Run(ctx)
}

// awaitAbsent makes a context that ends with ctx, or when an absent source is there. arrived says that the latter is why.
func (r *runner) awaitAbsent(ctx context.Context, open *pipeline.Pipeline) (running context.Context, arrived func() bool, stop func()) {
	running, cancel := context.WithCancel(ctx)
	var (
		came  atomic.Bool
		group errgroup.Group
	)
	group.Go(func() error {
		if open.AwaitAbsent(running, r.layout, r.seen.Away) {
			came.Store(true)
			cancel()
		}
		return nil
	})
	arrived = func() bool { return came.Load() && ctx.Err() == nil }
	return running, arrived, func() {
		cancel()
		_ = group.Wait() // It returns no error.
	}
}
