package loaderline

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/cenkalti/backoff/v4"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/deadletterlimit"
	"github.com/loaderline/loaderline/internal/envelope"
	"github.com/loaderline/loaderline/internal/logattr"
	"github.com/loaderline/loaderline/internal/session"
)

// worker polls, enriches, publishes and recovers, with one session at a time.
type worker[E any] struct {
	cfg      *Config[E]
	number   int
	envelope *envelope.Envelope
	// limits and deadLetters are shared by all workers.
	limits      *topicLimits
	deadLetters *deadletterlimit.Limit
	topics      *topicWatch     // nil where nobody watches the topics
	replay      *replaying      // nil where there is no end
	drain       context.Context // ends when the current batch has to be given up
	end         context.Context // ends when the group must have been left
	log         *slog.Logger

	rejected    rejections
	batchLimit  batchLimiter
	pace        pace
	fences      fences
	state       state
	micro       []*microBatch[E] // of the last transaction; the next one reuses their memory
	unrequested unrequestedRowWarner
}

// run keeps a session open until ctx ends, or until an error that a new session would meet too.
func (w *worker[E]) run(ctx context.Context) error {
	defer w.state.ended.Store(true)
	waits := backoff.NewExponentialBackOff(backoff.WithMaxInterval(5*time.Second), backoff.WithMaxElapsedTime(0))
	for {
		w.state.turn()
		committed := w.state.committed.Load()
		err := w.session(ctx)
		next := judge(err, ended(w.drain)).next
		switch {
		case err == nil, next == reopen && ended(ctx):
			return nil
		case next != reopen:
			return err
		}
		if err := w.fences.note(err, w.cfg.Name, w.cfg.session.Instance, w.replay); err != nil {
			return err
		}
		w.state.lose(err)
		if w.state.committed.Load() != committed {
			waits.Reset()
		}
		wait := waits.NextBackOff()
		w.log.LogAttrs(ctx, slog.LevelWarn, "session lost, opening a new one", slog.Any("error", err), logattr.Seconds("after_seconds", wait))
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil
		}
	}
}

// session is the loop: poll, enrich, publish, recover. It returns when ctx ends, or an error that ends the session.
func (w *worker[E]) session(ctx context.Context) (err error) {
	s, err := w.open(ctx)
	switch {
	case err != nil && ended(ctx):
		return nil
	case err != nil:
		return err
	}
	defer func() { err = errors.Join(err, w.close(s)) }()
	for {
		batch, err := w.poll(ctx, s)
		if ended(ctx) {
			return nil
		}
		if err != nil {
			return err
		}
		if len(batch) == 0 {
			w.replay.reached(s)
			continue
		}
		out, err := w.enrich(s, batch)
		if err == nil {
			err = w.publish(s, out)
		} else if giveBack := s.GiveBack(ctx); giveBack != nil {
			err = giveBack
		}
		if err := w.recover(ctx, s, err); err != nil {
			return err
		}
	}
}

// open joins the group.
func (w *worker[E]) open(ctx context.Context) (*session.Session, error) {
	cfg := w.cfg.session
	cfg.Worker = w.number
	s, err := session.Open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	w.state.session.Store(s)
	return s, nil
}

// poll polls a batch, with the number of records that the last transactions have shown to fit.
func (w *worker[E]) poll(ctx context.Context, s *session.Session) ([]*kgo.Record, error) {
	w.state.turn()
	s.Limit(fewest(w.batchLimit.records, w.pace.records))
	return s.Poll(ctx)
}

// close leaves the group within the rest of the drain. A lost session has nothing to leave.
func (w *worker[E]) close(s *session.Session) error {
	w.state.session.Store(nil)
	ctx, cancel := context.WithTimeout(w.end, w.cfg.ShutdownTimeout)
	defer cancel()
	if err := s.Close(ctx); err != nil && !session.Recoverable(err) {
		return err
	}
	return nil
}

func ended(ctx context.Context) bool { return ctx.Err() != nil }
