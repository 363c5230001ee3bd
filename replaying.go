package loaderline

import (
	"context"
	"sync"

	"golang.org/x/time/rate"

	"github.com/loaderline/loaderline/internal/replaystate"
	"github.com/loaderline/loaderline/internal/session"
	"github.com/loaderline/loaderline/replay"
)

// replaying is a replay that runs. All workers share it. It is nil, and does nothing, in a pipeline that is not
// replaying.
type replaying struct {
	id     string
	on     func(replay.Status)
	pace   *rate.Limiter // nil for no limit
	finish context.CancelFunc

	mu    sync.Mutex
	state replaystate.State
}

// reached records how far a session without a batch has come.
func (r *replaying) reached(s *session.Session) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state.Advance(s.Positions())
	if r.on != nil {
		r.on(r.state.Snapshot())
	}
	if r.state.Finished() {
		r.finish()
	}
}

// note returns the text to commit with the offset of a partition: the checkpoint of the dead-letter limit, and the
// state of a replay.
func (r *replaying) note(checkpoint string) func(topic string, partition int32) string {
	return func(topic string, partition int32) string {
		if r == nil {
			return checkpoint
		}
		return r.state.Note(topic, partition, checkpoint)
	}
}

// wait keeps to the configured rate.
func (r *replaying) wait(ctx context.Context, records int) error {
	if r == nil || r.pace == nil {
		return nil
	}
	if err := r.pace.WaitN(ctx, min(records, r.pace.Burst())); err != nil {
		return context.Cause(ctx)
	}
	return nil
}
