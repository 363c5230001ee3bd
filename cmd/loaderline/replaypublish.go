package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/cli"
	"github.com/loaderline/loaderline/internal/command/replaydiff"
	"github.com/loaderline/loaderline/internal/console"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/plural"
	"github.com/loaderline/loaderline/internal/runtime"
	"github.com/loaderline/loaderline/internal/strictyaml"
	"github.com/loaderline/loaderline/replay"
)

// publishReplay begins a replay or continues it.
func publishReplay(ctx context.Context, c *console.Console, l *loaded, f replayFlags, kept replay.Status, ranges replaydiff.Ranges) (err error) {
	file := l.layout.File
	limitMemory(ctx, file, l.log)
	open, err := pipeline.Open(ctx, l.layout, pipeline.Options{Logger: l.log, Reuse: true, Fresh: f.fresh})
	if err != nil {
		return unlessEnded(ctx, err)
	}
	defer func() { err = errors.Join(err, open.Close()) }()
	var counts runtime.Totals
	open.Config.OnCommit = counts.Add
	open.Config.Workers = cmp.Or(f.workers, file.Workers)
	p, err := loaderline.New(open.Config)
	if err != nil {
		return err
	}
	cfg := replay.Config{ID: cmp.Or(f.id, newReplayID()), Into: f.into, Rate: f.rate}
	done, total := kept.Offsets()
	if kept.Ranges == nil {
		cfg.Ranges, cfg.Description = ranges, f.asked()
		_, total = replaydiff.Rows(ranges)
	}
	into := cmp.Or(f.into, strictyaml.JoinWords(file.OutputTopics(), "and"))
	c.Say("replay %s of pipeline %s into %s: %s, %s of them done", cfg.ID, file.Name, into, plural.Count(total, "offset"), humanize.Comma(done))
	if !c.Quiet {
		if err := writeRanges(c.Err, 0, ranges, "text"); err != nil {
			return err
		}
	}
	progress := c.Progress("replayed", total-done)
	defer progress.Done()
	cfg.OnProgress = func(s replay.Status) {
		now, _ := s.Offsets()
		progress.Update(now-done, int64(counts.Count().Records))
	}
	start := time.Now()
	status, err := p.Replay(ctx, cfg)
	err = withoutKeys(err, open.Config.LogWords)
	progress.Done()
	count, took := counts.Count(), time.Since(start)
	if status.Ranges != nil {
		if err := writeReplay(c, f.format.Value, into, status, count, took); err != nil {
			return err
		}
	}
	goOn := fmt.Sprintf("continue with: loaderline replay %s --id %s %s", l.path, cfg.ID, map[bool]string{true: "--into " + f.into, false: "--into-output --yes"}[f.into != ""])
	switch now, _ := status.Offsets(); {
	case errors.Is(err, loaderline.ErrDeadLetterLimit):
		return fmt.Errorf("%w; stopped by dead_letter.limit before they were published: fix the cause, and %s", err, goOn)
	case err != nil && status.Ranges != nil && cli.ExitCode(err) == cli.ExitFailed && !errors.Is(err, consumer.ErrFenced):
		return fmt.Errorf("%w; %s", l.hinted(err), goOn)
	case err != nil:
		return l.hinted(err)
	case !status.Finished():
		return fmt.Errorf("interrupted at %s of %s; %s", humanize.Comma(now), plural.Count(total, "offset"), goOn)
	default:
		return nil
	}
}

// newReplayID returns the time, with letters that make it unique.
func newReplayID() string {
	return time.Now().UTC().Format("20060102-150405-") + strings.ToLower(rand.Text()[:4])
}
