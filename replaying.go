package loaderline

import (
	"context"
	"sync"

	"golang.org/x/time/rate"

	"github.com/loaderline/loaderline/consumer"
)

// replaying is a replay at work. All workers share it, and a pipeline that runs has none: nil does nothing.
type replaying struct {
	id     string
	on     func(ReplayStatus)
	pace   *rate.Limiter // nil: none
	finish context.CancelFunc

	mu     sync.Mutex
	status ReplayStatus
}

// reached takes over how far a session has come that has no micro-batch at hand.
func (r *replaying) reached(s *consumer.Session) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for topic, partitions := range s.Positions() {
		for p, position := range partitions {
			if _, is := r.status.Ranges[topic][p]; is {
				r.status.Positions[topic][p] = max(r.status.Positions[topic][p], position)
			}
		}
	}
	if r.on != nil {
		r.on(r.status.clone())
	}
	if r.status.Finished() {
		r.finish()
	}
}

// note returns what is committed with the offset of a partition: the checkpoint of the dead-letter limit, and what is kept of
// a replay.
func (r *replaying) note(limit string) func(topic string, partition int32) string {
	return func(topic string, partition int32) string {
		if r == nil {
			return limit
		}
		return r.status.note(place{topic, partition}, limit)
	}
}

// wait keeps to the pace.
func (r *replaying) wait(ctx context.Context, records int) error {
	if r == nil || r.pace == nil {
		return nil
	}
	if err := r.pace.WaitN(ctx, min(records, r.pace.Burst())); err != nil {
		return context.Cause(ctx)
	}
	return nil
}
