package loaderline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
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
	limits *limits
	// deadLetters is what stops all workers where too many events would be dead letters.
	deadLetters *deadLetterLimit
	topics      *topicWatch     // nil where nobody watches the topics
	replay      *replaying      // nil where there is no end
	drain       context.Context // ends when the micro-batch at hand has to be given up
	end         context.Context // ends when the group must have been left
	log         *slog.Logger

	refused refusals
	portion portion
	pace    pace
	fenced  []time.Time
	state   state
	micro   []*microBatch[E] // those of the transaction before, whose memory the next ones use
	extra   extraRows
}

// run keeps a session open until ctx ends, or an error that another session would meet too.
func (w *worker[E]) run(ctx context.Context) error {
	defer w.state.ended.Store(true)
	waits := backoff.NewExponentialBackOff(backoff.WithMaxInterval(5*time.Second), backoff.WithMaxElapsedTime(0))
	for {
		w.state.turn()
		turned, err := w.session(ctx)
		if err == nil || ended(ctx) && consumer.Recoverable(err) {
			return nil
		}
		if !consumer.Recoverable(err) {
			return err
		}
		if err := w.countFence(err); err != nil {
			return err
		}
		w.state.lose(err)
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
	if w.replay != nil {
		return fmt.Errorf("another process runs replay %s of pipeline %s, and has taken over: %w", w.replay.id, w.cfg.Name, err)
	}
	now := time.Now()
	w.fenced = append(w.fenced, now)
	w.fenced = w.fenced[max(0, len(w.fenced)-maxFences):]
	if len(w.fenced) == maxFences && now.Sub(w.fenced[0]) < fenceWindow {
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
	switch {
	case err != nil && ended(ctx):
		return false, nil
	case err != nil:
		return false, err
	}
	w.state.session.Store(s)
	defer func() {
		w.state.session.Store(nil)
		err = errors.Join(err, w.close(s))
	}()
	for {
		w.state.turn()
		s.Limit(fewest(w.portion.records, w.pace.records))
		batch, err := s.Poll(ctx)
		if ended(ctx) {
			return committedAny, nil
		}
		if err != nil {
			return committedAny, err
		}
		if len(batch) == 0 {
			w.replay.reached(s)
			continue
		}
		w.state.work()
		work, done := s.Working(w.drain)
		out, err := w.outcomes(work, slices.Collect(slices.Chunk(batch, w.cfg.Consumer.MaxRecords)), s.Step())
		if err == nil {
			err = w.replay.wait(work, len(batch))
		}
		done()
		if err != nil {
			if err := w.giveBack(ctx, s, err); err != nil {
				return committedAny, err
			}
			continue
		}
		room, err := w.deadLetters.claim(&out)
		if err != nil {
			return committedAny, w.giveBack(ctx, s, err)
		}
		s.Annotate(w.replay.note(room.annotate))
		committed, err := s.Commit(w.drain, out.records)
		room.settle(committed)
		switch {
		case err != nil:
			w.missed(err, len(batch))
			if err := w.uncommitted(err); err != nil {
				return committedAny, err
			}
		case !committed:
			w.cfg.OnAbort(AbortedByRebalance)
		default:
			committedAny = true
			w.state.commit()
			out.release()
			w.refused.forget(out.sources)
			w.replay.reached(s)
			w.portion.committed(len(batch), out.bytes, w.cfg.MaxOutputBytes)
			w.took(s.Published(), len(batch), out.bytes)
			for _, tally := range out.tallies {
				w.cfg.OnCommit(tally)
			}
		}
	}
}

// uncommitted takes an error of Commit, and answers it where polling again would not help.
func (w *worker[E]) uncommitted(err error) error {
	if refused, ok := errors.AsType[*consumer.ProduceError](err); ok && isTooLarge(refused.Err) {
		w.readLimits(refused.Topic)
	}
	err = w.refused.note(err, w.cfg.Sink)
	switch {
	case err == nil:
		w.cfg.OnAbort(AbortedByRefusal)
	case ended(w.drain) && consumer.Recoverable(err):
		w.cfg.OnAbort(AbortedByShutdown)
	default:
		w.cfg.OnAbort(AbortedByError)
	}
	return err
}

// readLimits looks whether the limit of a topic, or that of dead letters, is lower than it was at start. Where that
// cannot be read, what is known goes on to hold.
func (w *worker[E]) readLimits(topic string) {
	topics, err := consumer.Describe(w.drain, w.cfg.Consumer.Kafka, topic, w.cfg.Sink.DeadLetterTopic)
	if err != nil {
		w.log.LogAttrs(w.drain, slog.LevelWarn, "limit of a topic not read", slog.String("topic", topic), slog.Any("error", err))
		return
	}
	w.limits.lower(topics)
}

// giveBack returns a micro-batch that could not be worked on. It waits for the end of an outage, and answers other
// errors than that, a rebalance, an overflow and the end of the drain.
func (w *worker[E]) giveBack(ctx context.Context, s *consumer.Session, cause error) error {
	if err := s.GiveBack(ctx); err != nil {
		return err
	}
	outage, isOutage := errors.AsType[*stages.OutageError](cause)
	overflow, isOverflow := errors.AsType[*overflowError](cause)
	switch {
	case isOverflow:
		w.portion.overflowed(overflow.records)
		w.log.LogAttrs(ctx, slog.LevelInfo, "micro-batch makes too much, taking fewer records",
			slog.Int("records", w.portion.records), slog.Int("max_output_bytes", overflow.limit))
		w.cfg.OnAbort(AbortedByOverflow)
		return nil
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

// close leaves the group, within what is left of the drain. A session that is lost has nothing to leave.
func (w *worker[E]) close(s *consumer.Session) error {
	ctx, cancel := context.WithTimeout(w.end, w.cfg.ShutdownTimeout)
	defer cancel()
	if err := s.Close(ctx); err != nil && !consumer.Recoverable(err) {
		return err
	}
	return nil
}

func ended(ctx context.Context) bool { return ctx.Err() != nil }
