package loaderline

import (
	"sync/atomic"
	"time"

	"github.com/loaderline/loaderline/consumer"
)

// WorkerStatus is what one worker is doing.
type WorkerStatus struct {
	Worker int
	// Joined says that its session is a member of the group, with or without partitions.
	Joined bool
	// Turned is when its loop last turned, also where there was nothing to do, in a pause and between two sessions.
	Turned time.Time
	// Paused names the source that is waited for; empty where none is.
	Paused string
	// SlowBytes is how many bytes a second the brokers take of this worker, before compression, where it takes fewer records
	// at once for that; zero elsewhere.
	SlowBytes int
	// RetryKeys is how many keys have events that wait in retry topics, where these are kept in order.
	RetryKeys int
	// Lag is how far its partitions were behind when they were last polled.
	Lag []consumer.PartitionLag
}

// Status is what the workers are doing, none of them before Run. It is safe for concurrent use.
func (p *Pipeline[E]) Status() []WorkerStatus {
	workers := p.workers.Load()
	if workers == nil {
		return nil
	}
	all := make([]WorkerStatus, len(*workers))
	for i, w := range *workers {
		all[i] = w.state.status(i)
	}
	return all
}

// state is what a worker shows of itself.
type state struct {
	session atomic.Pointer[consumer.Session]
	turned  atomic.Int64 // Unix nanoseconds
	paused  atomic.Pointer[string]
	slow    atomic.Int64 // Bytes a second that the brokers take; zero while they do not limit it.
}

func (s *state) turn() { s.turned.Store(time.Now().UnixNano()) }

func (s *state) status(worker int) WorkerStatus {
	status := WorkerStatus{Worker: worker, SlowBytes: int(s.slow.Load()), Turned: time.Unix(0, s.turned.Load())}
	if paused := s.paused.Load(); paused != nil {
		status.Paused = *paused
	}
	if session := s.session.Load(); session != nil {
		status.Joined, status.Lag, status.RetryKeys = session.Joined(), session.Lag(), session.RetryKeys()
	}
	return status
}
