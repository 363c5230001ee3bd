package loaderline

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/loaderline/loaderline/internal/loaderr"
	"github.com/loaderline/loaderline/internal/logattr"
	"github.com/loaderline/loaderline/internal/session"
	"github.com/loaderline/loaderline/stages"
)

// blindWait is the pause before the next attempt if a backend has no health check.
const blindWait = 5 * time.Second

// waitOut pauses the session's partitions until the backend responds. It keeps polling, so the group sees a healthy
// member and an outage causes no rebalance.
func (w *worker[E]) waitOut(ctx context.Context, s *session.Session, outage *loaderr.OutageError) error {
	s.Pause()
	defer s.Resume()
	source := outage.Source
	w.state.paused.Store(&pause{source, time.Now()})
	defer w.state.paused.Store(nil)
	start := time.Now()
	w.log.LogAttrs(ctx, slog.LevelWarn, "outage, paused", slog.String("stage", outage.Loader),
		slog.String("source", source), slog.String("error", w.cfg.words.Text(outage.Err.Error())))
	for {
		w.state.turn()
		// A paused poll returns by itself after about a second.
		if _, err := s.Poll(ctx); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		switch err := outage.Ping(ctx); {
		case err == nil:
		case errors.Is(err, errors.ErrUnsupported):
			if time.Since(start) < blindWait {
				continue
			}
		case stages.ClassOf(err) == stages.Fatal:
			// Waiting does not fix it, and the calls themselves may succeed. They decide.
			w.log.LogAttrs(ctx, slog.LevelWarn, "source rejects its health check, resumed",
				slog.String("source", source), slog.String("error", w.cfg.words.Text(err.Error())))
			return nil
		default:
			continue
		}
		w.log.LogAttrs(ctx, slog.LevelInfo, "outage over, resumed",
			slog.String("source", source), logattr.Seconds("seconds", time.Since(start)))
		return nil
	}
}
