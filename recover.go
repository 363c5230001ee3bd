package loaderline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/abort"
	"github.com/loaderline/loaderline/internal/kafkaerr"
	"github.com/loaderline/loaderline/internal/loaderr"
	"github.com/loaderline/loaderline/internal/session"
)

// action is what a worker does next after a failure.
type action int

const (
	pollAgain   action = iota // In the same session.
	takeFewer                 // In the same session, with smaller batches.
	awaitSource               // It pauses until the source can be reached.
	reopen                    // The session is closed, and another one is opened.
	stop                      // Run returns the error.
)

// verdict is why a transaction was aborted, and what to do next.
type verdict struct {
	abort string
	next  action
}

// judge is the table of failures. Drained says that the time for the current batch is over.
func judge(err error, drained bool) verdict {
	_, overflow := errors.AsType[*overflowError](err)
	_, rejected := errors.AsType[*rejectedError](err)
	_, refused := errors.AsType[*kafkaerr.ProduceError](err)
	_, outage := errors.AsType[*loaderr.OutageError](err)
	_, ofSession := errors.AsType[*session.Error](err)
	recoverable := session.Recoverable(err)
	switch {
	case overflow:
		return verdict{abort.Overflow, takeFewer}
	case errors.Is(err, session.ErrRebalance):
		return verdict{abort.Rebalance, pollAgain}
	case rejected:
		return verdict{abort.Refusal, pollAgain}
	case recoverable && drained:
		return verdict{abort.Shutdown, reopen}
	case recoverable:
		return verdict{abort.Error, reopen}
	case refused, ofSession:
		return verdict{abort.Error, stop}
	case drained: // Lookups fail because their context has ended.
		return verdict{abort.Shutdown, pollAgain}
	case outage:
		return verdict{abort.Outage, awaitSource}
	default:
		return verdict{abort.Error, stop}
	}
}

// recover takes the next action after a batch. It returns an error that ends the session.
func (w *worker[E]) recover(ctx context.Context, s *session.Session, err error) error {
	if err == nil {
		return nil
	}
	v := judge(err, ended(w.drain))
	w.cfg.OnAbort(v.abort)
	switch v.next {
	case pollAgain:
		return nil
	case takeFewer:
		overflow, _ := errors.AsType[*overflowError](err)
		w.batchLimit.overflowed(overflow.records)
		w.log.LogAttrs(ctx, slog.LevelInfo, "micro-batch makes too much output, taking fewer records",
			slog.Int("records", w.batchLimit.records), slog.Int("max_output_bytes", overflow.limit))
		return nil
	case awaitSource:
		outage, _ := errors.AsType[*loaderr.OutageError](err)
		return w.waitOut(ctx, s, outage)
	default:
		return err
	}
}

// maxFences is how many times within fenceWindow a session may be fenced before loaderline assumes that another process
// uses its identity. A single fence can come from the broker, after a pause of this process.
const (
	maxFences   = 3
	fenceWindow = time.Minute
)

// fences are the times at which a worker's latest sessions were fenced.
type fences []time.Time

// note records an error that ended a session. It returns an error if another process uses the same identity.
func (f *fences) note(err error, pipeline, instance string, run *replaying) error {
	if !errors.Is(err, consumer.ErrFenced) {
		return nil
	}
	if run != nil {
		return fmt.Errorf("another process runs replay %s of pipeline %s, and has taken over: %w", run.id, pipeline, err)
	}
	all := append(*f, time.Now())
	*f = all[max(0, len(all)-maxFences):]
	if len(*f) == maxFences && time.Since((*f)[0]) < fenceWindow {
		return fmt.Errorf("another process runs pipeline %s as instance %s: give each process its own instance: %w", pipeline, instance, err)
	}
	return nil
}
