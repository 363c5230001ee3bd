package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/loaderline/loaderline/internal/console"
	"github.com/loaderline/loaderline/internal/logattr"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/plural"
	"github.com/loaderline/loaderline/internal/safeerr"
)

// preloadEvery is how often the log says how far a preload is.
const preloadEvery = 5 * time.Second

// preload fills the caches for which events wait before it returns, one after another, and the others until the function
// that it returns is called. What cannot be preloaded is loaded when events want it, so an error is a warning.
func preload(ctx context.Context, c *console.Console, log *slog.Logger, words safeerr.Words, all []*pipeline.Preload) (end func()) {
	var later []*pipeline.Preload
	for _, p := range all {
		if p.Wait {
			preloadOne(ctx, c.Counter(), log, words, p)
		} else {
			later = append(later, p)
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, p := range later {
			preloadOne(ctx, &console.Counter{}, log, words, p)
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

func preloadOne(ctx context.Context, shown *console.Counter, log *slog.Logger, words safeerr.Words, p *pipeline.Preload) {
	start := time.Now()
	last := start
	done, err := p.Run(ctx, func(d pipeline.Preloaded) {
		shown.Update(fmt.Sprintf(" preloading %s: %s, %s, %s/s", p.Stage, plural.Count(d.Rows, "row"), humanize.IBytes(uint64(d.Bytes)),
			humanize.Comma(console.Rate(int64(d.Rows), time.Since(start)))))
		if now := time.Now(); !shown.Shown() && now.Sub(last) >= preloadEvery {
			last = now
			log.LogAttrs(ctx, slog.LevelInfo, "preloading", preloadAttrs(p, d)...)
		}
	})
	shown.Done()
	if ctx.Err() != nil {
		return
	}
	attrs := append(preloadAttrs(p, done), logattr.Seconds("seconds", time.Since(start)))
	if done.Stopped != "" {
		attrs = append(attrs, slog.String("stopped", done.Stopped))
	}
	if done.LeftOut > 0 {
		attrs = append(attrs, slog.Int("left_out", done.LeftOut), slog.String("why", words.Text(done.Why.Error())))
	}
	if err != nil {
		log.LogAttrs(ctx, slog.LevelWarn, "preload failed; missing rows are loaded when events need them", append(attrs, slog.String("error", words.Text(err.Error())))...)
		return
	}
	log.LogAttrs(ctx, slog.LevelInfo, "preloaded", attrs...)
}

func preloadAttrs(p *pipeline.Preload, d pipeline.Preloaded) []slog.Attr {
	return []slog.Attr{slog.String("stage", p.Stage), slog.Int("rows", d.Rows), slog.Int("keys", d.Keys), slog.Int64("bytes", d.Bytes)}
}
