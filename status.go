package loaderline

import (
	"cmp"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/dustin/go-humanize/english"
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/plural"
	"github.com/loaderline/loaderline/internal/safeerr"
	"github.com/loaderline/loaderline/internal/session"
)

// WorkerStatus is what one worker is doing.
type WorkerStatus struct {
	Worker int
	// Joined reports whether its session is a member of the group, with or without partitions.
	Joined bool
	// Ended reports whether the worker's loop has ended, as after a drain.
	Ended bool
	// LastActive is when its loop last made progress. It advances also without work, in a pause and between two
	// sessions.
	LastActive time.Time
	// Committed is when it last committed, or when Run began.
	Committed time.Time
	// Busy is the time since when it works on the records of a transaction; zero while it has none.
	Busy time.Time
	// Paused names the source that the worker waits for, since PausedSince; empty if none.
	Paused      string
	PausedSince time.Time
	// Lost is the number of sessions lost since the last commit. LostBy says what ended the last one, without
	// addresses. They are zero and empty if none was lost.
	Lost   int
	LostBy string
	// SlowBytes is the bytes per second that the brokers accept from this worker, before compression, while this limits
	// the records of a transaction; otherwise zero.
	SlowBytes int
	// RetryKeys is the number of keys with events that wait in retry topics. It is zero with Retry.Unordered.
	RetryKeys int
	// Partitions are the worker's partitions, in no order.
	Partitions []PartitionStatus
}

// PartitionStatus is a partition that a worker has.
type PartitionStatus struct {
	Topic     string
	Partition int32
	// Lag is the distance to the end of the partition when it was last polled, or -1 if it has given no records since it was
	// assigned. Transaction markers count, so it may stay above zero by one or a few.
	Lag int64
	// Newest is the timestamp of the last record that was polled, if Lag is not -1.
	Newest time.Time
	// Due is when the next record of a retry topic may be polled; otherwise zero.
	Due time.Time
	// Full reports whether a partition of the input waits because Retry.MaxKeys of its keys wait in retry topics.
	Full bool
}

// Status returns what the workers are doing. Before Run there are none. It is safe for concurrent use.
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
	session   atomic.Pointer[session.Session]
	turned    atomic.Int64 // Unix nanoseconds, as are all times here; zero for none
	committed atomic.Int64
	busy      atomic.Int64
	paused    atomic.Pointer[pause]
	lost      atomic.Pointer[loss]
	ended     atomic.Bool
	slow      atomic.Int64 // Bytes a second that the brokers take; zero while they do not limit it.
}

// pause is a wait for a source.
type pause struct {
	source string
	since  time.Time
}

// loss counts the sessions that were lost since the last commit.
type loss struct {
	sessions int
	by       string
}

// begin records that the worker is about to run.
func (s *state) begin() {
	s.turn()
	s.committed.Store(time.Now().UnixNano())
}

func (s *state) turn() {
	s.turned.Store(time.Now().UnixNano())
	s.busy.Store(0)
}

// work records that there are records to work on.
func (s *state) work() { s.busy.Store(time.Now().UnixNano()) }

func (s *state) commit() {
	s.committed.Store(time.Now().UnixNano())
	if s.lost.Load() != nil {
		s.lost.Store(nil)
	}
}

// lose records that a session was lost.
func (s *state) lose(err error) {
	n := 1
	if before := s.lost.Load(); before != nil {
		n += before.sessions
	}
	s.lost.Store(&loss{n, publishable(err)})
}

// publishable returns why a session was lost, without addresses.
func publishable(err error) string {
	slow, isSlow := errors.AsType[*session.SlowError](err)
	kafka, isKafka := errors.AsType[*kerr.Error](err)
	switch {
	case isSlow:
		return fmt.Sprintf("%d of %s %s acknowledged within %v", slow.Acknowledged, plural.Count(slow.Records, "record"), english.PluralWord(slow.Records, "was", "were"), slow.Limit)
	case errors.Is(err, consumer.ErrTransactionTimeout):
		return "a transaction took longer than the transaction timeout"
	case errors.Is(err, consumer.ErrFenced):
		return "another process has the same instance"
	case isKafka:
		return kafka.Message
	default:
		return cmp.Or(safeerr.Reason(err), "the log says why")
	}
}

func (s *state) status(worker int) WorkerStatus {
	status := WorkerStatus{Worker: worker, Ended: s.ended.Load(), SlowBytes: int(s.slow.Load()), LastActive: at(&s.turned), Committed: at(&s.committed), Busy: at(&s.busy)}
	if paused := s.paused.Load(); paused != nil {
		status.Paused, status.PausedSince = paused.source, paused.since
	}
	if lost := s.lost.Load(); lost != nil {
		status.Lost, status.LostBy = lost.sessions, lost.by
	}
	if member := s.session.Load(); member != nil {
		status.Joined, status.RetryKeys = member.Joined(), member.RetryKeys()
		for _, p := range member.Partitions() {
			status.Partitions = append(status.Partitions, PartitionStatus(p))
		}
	}
	return status
}

func at(nanoseconds *atomic.Int64) time.Time {
	n := nanoseconds.Load()
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n)
}
