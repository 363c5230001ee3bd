package filelookup

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"time"

	"github.com/dustin/go-humanize"
)

// watch looks at the file until ctx ends.
func (w *watcher) watch(ctx context.Context) {
	tick := time.NewTicker(w.cfg.Poll)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			w.look(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// watcher replaces the rows of a client when its file changes. It is for one goroutine, the only one that replaces them.
type watcher struct {
	*client

	last    os.FileInfo // at the last look; nil: there was no file
	refused os.FileInfo // the file that could not be used
	// restless is the number of looks in a row at which the file was another one than at the look before.
	restless int
}

// mostRestless is the number of such looks after which the file is reported.
const mostRestless = 10

// look looks at the file once. A file that has changed since the last look may still be written, so it is read when it is the same
// at the next one.
func (w *watcher) look(ctx context.Context) {
	now, err := os.Stat(w.cfg.Path)
	before := w.last
	w.last = now
	if err != nil {
		w.last, w.restless = nil, 0
		w.refuse(ctx, nil, w.explain(err))
		return
	}
	if !same(now, before) {
		if w.restless++; w.restless == mostRestless {
			w.refuse(ctx, nil, w.explain(errChanging))
		}
		return
	}
	w.restless = 0
	switch {
	case same(now, w.served):
		w.note(nil)
	case !same(now, w.refused):
		w.reload(ctx)
	}
}

// reload reads the file that has changed.
func (w *watcher) reload(ctx context.Context) {
	rows, info, err := w.read(ctx)
	switch {
	case ctx.Err() != nil, errors.Is(err, errChanging):
		return
	case err == nil:
		w.mu.Lock()
		if w.unique {
			err = w.twice(rows)
		}
		if err == nil {
			w.table.Replace(rows)
			w.served, w.wrong = info, nil
		}
		w.mu.Unlock()
	}
	if err != nil {
		w.refuse(ctx, info, err)
		return
	}
	w.refused = nil
	w.cfg.Logger.LogAttrs(ctx, slog.LevelInfo, "file loaded", slog.String("file", w.cfg.Path), slog.Int("rows", rows.Len()),
		slog.String("memory", humanize.IBytes(uint64(rows.Size()))), slog.Time("modified", info.ModTime()))
}

// refuse keeps the rows that are there, and says why if it has not done so for this file.
func (w *watcher) refuse(ctx context.Context, file os.FileInfo, why error) {
	w.refused = file
	if w.note(why) {
		w.cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "file not used, keeping the rows of before", slog.String("file", w.cfg.Path), slog.Any("error", why))
	}
}

// note notes why the file is not served, nil if it is. It reports whether that is another reason than before.
func (w *watcher) note(why error) (another bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	another = why != nil && (w.wrong == nil || w.wrong.Error() != why.Error())
	w.wrong = why
	return another
}
