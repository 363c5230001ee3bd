package loaderline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/cenkalti/backoff/v4"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/sink"
	"github.com/loaderline/loaderline/stages"
)

// maxFences is how many times in fenceWindow a session may be fenced before another process is held to use its
// identity. Once can be the broker's doing, after a pause of this process.
const (
	maxFences   = 3
	fenceWindow = time.Minute
)

// worker is one session's loop.
type worker[E any] struct {
	cfg    *Config[E]
	number int
	sink   *sink.Sink
	drain  context.Context // ends when the micro-batch at hand has to be given up
	log    *slog.Logger

	refused refusals
	fenced  []time.Time
	state   state
}

// run keeps a session open until ctx ends, or an error that another session would meet too.
func (w *worker[E]) run(ctx context.Context) error {
	waits := backoff.NewExponentialBackOff(backoff.WithMaxInterval(5*time.Second), backoff.WithMaxElapsedTime(0))
	for {
		w.state.turn()
		turned, err := w.session(ctx)
		if err == nil || ctx.Err() != nil && consumer.Recoverable(err) {
			return nil
		}
		if !consumer.Recoverable(err) {
			return err
		}
		if err := w.countFence(err); err != nil {
			return err
		}
		if turned {
			waits.Reset()
		}
		wait := waits.NextBackOff()
		w.log.LogAttrs(ctx, slog.LevelWarn, "session lost, opening a new one", slog.Any("error", err), slog.Float64("after_seconds", wait.Seconds()))
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil
		}
	}
}

func (w *worker[E]) countFence(err error) error {
	if !errors.Is(err, consumer.ErrFenced) {
		return nil
	}
	now := time.Now()
	w.fenced = append(w.fenced, now)
	recent := w.fenced[max(0, len(w.fenced)-maxFences):]
	if len(recent) == maxFences && now.Sub(recent[0]) < fenceWindow {
		return fmt.Errorf("another process runs pipeline %s as instance %s: give each process an instance of its own: %w",
			w.cfg.Name, w.cfg.Consumer.Instance, err)
	}
	return nil
}

// session is the loop: poll, run the plan, make the records, commit. It says whether anything was committed.
func (w *worker[E]) session(ctx context.Context) (committedAny bool, err error) {
	cfg := w.cfg.Consumer
	cfg.Worker = w.number
	s, err := consumer.Open(ctx, cfg)
	if err != nil {
		return false, err
	}
	w.state.session.Store(s)
	defer func() {
		w.state.session.Store(nil)
		err = errors.Join(err, w.close(s))
	}()
	for {
		w.state.turn()
		batch, err := s.Poll(ctx)
		if ctx.Err() != nil {
			return committedAny, nil
		}
		if err != nil {
			return committedAny, err
		}
		if len(batch) == 0 {
			continue
		}
		work, done := s.Working(w.drain)
		out, tally, err := w.outcomes(work, batch)
		done()
		if err != nil {
			if err := w.giveBack(ctx, s, err); err != nil {
				return committedAny, err
			}
			continue
		}
		committed, err := s.Commit(ctx, out)
		switch {
		case err != nil:
			if err := w.refused.note(err); err != nil {
				w.cfg.OnAbort(AbortedByError)
				return committedAny, err
			}
			w.cfg.OnAbort(AbortedByRefusal)
		case !committed:
			w.cfg.OnAbort(AbortedByRebalance)
		default:
			committedAny = true
			w.refused.forget()
			w.cfg.OnCommit(tally)
		}
	}
}

// giveBack returns a micro-batch that could not be worked on. It waits for the end of an outage, and answers other
// errors than that, a rebalance and the end of the drain.
func (w *worker[E]) giveBack(ctx context.Context, s *consumer.Session, cause error) error {
	if err := s.GiveBack(ctx); err != nil {
		return err
	}
	outage, isOutage := errors.AsType[*stages.OutageError](cause)
	switch {
	case errors.Is(cause, consumer.ErrRebalance):
		w.cfg.OnAbort(AbortedByRebalance)
		return nil
	case ended(w.drain):
		w.cfg.OnAbort(AbortedByShutdown)
		return nil
	case isOutage:
		w.cfg.OnAbort(AbortedByOutage)
		return w.waitOut(ctx, s, outage)
	default:
		w.cfg.OnAbort(AbortedByError)
		return cause
	}
}

// close leaves the group. A session that is lost has nothing to leave.
func (w *worker[E]) close(s *consumer.Session) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(w.drain), w.cfg.ShutdownTimeout)
	defer cancel()
	if err := s.Close(ctx); err != nil && !consumer.Recoverable(err) {
		return err
	}
	return nil
}

func ended(ctx context.Context) bool { return ctx.Err() != nil }
