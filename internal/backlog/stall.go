package backlog

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/plural"
	"github.com/loaderline/loaderline/internal/safeerr"
)

// starved is how many times Patience records of one partition may wait while its worker commits others.
const starved = 20

// Reason is a kind of stall. There are few of them.
type Reason string

// The reasons of a stall.
const (
	Kafka       Reason = "kafka"            // Kafka does not say how far the group is
	Outage      Reason = "outage"           // a source is waited for
	Transaction Reason = "open_transaction" // of another producer, before the records
	Brokers     Reason = "slow_brokers"     // they do not take records in time
	Session     Reason = "session"          // sessions are lost one after the other
	Group       Reason = "group"            // a worker is no member, or no member has the partition
	RetryKeys   Reason = "retry_keys"       // too many keys wait in retry topics
	Work        Reason = "work"             // a micro-batch is being worked on
	Unknown     Reason = "unknown"          // records are polled for and do not come
)

// Reasons are all of them.
func Reasons() []Reason {
	return []Reason{Kafka, Outage, Transaction, Brokers, Session, Group, RetryKeys, Work, Unknown}
}

// Stall says why nothing is committed though records wait. It names no address, payload or key.
type Stall struct {
	Reason Reason    `json:"reason"`
	Text   string    `json:"text"`
	Since  time.Time `json:"since"`
}

// Stalled returns the stall that began first, or nil if there is none.
func (w *Watch) Stalled() *Stall {
	if s := w.unanswered(); s != nil {
		return s
	}
	workers := w.cfg.Status()
	now := time.Now()
	owners := map[kadm.Partition]owner{}
	for i := range workers {
		for _, a := range workers[i].Partitions {
			owners[kadm.Partition{Topic: a.Topic, Partition: a.Partition}] = owner{&workers[i], a.Due, a.Full}
		}
	}
	var first *Stall
	for _, p := range w.Partitions() {
		has := owners[kadm.Partition{Topic: p.Topic, Partition: p.Number}]
		if s := p.stalled(now, w.cfg.Patience, has, workers); s != nil && (first == nil || s.Since.Before(first.Since)) {
			first = s
		}
	}
	return first
}

// unanswered is a stall of what cannot be known.
func (w *Watch) unanswered() *Stall {
	w.mu.Lock()
	defer w.mu.Unlock()
	since := w.answered
	if since.IsZero() {
		since = w.began
	}
	if since.IsZero() || w.err == nil || time.Since(since) < w.cfg.Patience {
		return nil
	}
	kafka, isKafka := errors.AsType[*kerr.Error](w.err)
	why := safeerr.Reason(w.err)
	if isKafka {
		why = kafka.Message
	}
	return &Stall{Reason: Kafka, Since: since, Text: "Kafka does not report the group's offsets: " + cmp.Or(why, "the log says why, at level debug")}
}

// owner is the worker that has a partition; nil if no worker of this process has it.
type owner struct {
	worker *loaderline.WorkerStatus
	due    time.Time
	full   bool
}

// stalled says why nothing is committed in the partition, if records wait.
func (p Partition) stalled(now time.Time, patience time.Duration, has owner, workers []loaderline.WorkerStatus) *Stall {
	if !p.Waiting || has.due.After(now) {
		return nil
	}
	since := latest(p.Since, p.Moved, has.due)
	if has.worker != nil && p.Blocked == nil && now.Sub(since) < starved*patience {
		since = latest(since, has.worker.Committed)
	}
	if now.Sub(since) < patience {
		return nil
	}
	reason, text := p.why(now, has, workers)
	return &Stall{Reason: reason, Text: text, Since: since}
}

func (p Partition) why(now time.Time, has owner, workers []loaderline.WorkerStatus) (Reason, string) {
	at := fmt.Sprintf("%s[%d]", p.Topic, p.Number)
	switch {
	case p.Blocked != nil:
		return Transaction, p.Blocked.String() + ", and what comes after it waits for its end"
	case has.worker == nil:
		for _, w := range workers {
			if !w.Joined {
				return lost(now, w)
			}
		}
		return Group, "no member of the group has " + at
	case !has.worker.Joined, has.worker.Lost > 0:
		return lost(now, *has.worker)
	case has.worker.Paused != "":
		return Outage, fmt.Sprintf("worker %d waits for %s, for %s", has.worker.Worker, has.worker.Paused, long(now, has.worker.PausedSince))
	case has.full:
		return RetryKeys, at + " waits until fewer keys wait in retry topics"
	case !has.worker.Busy.IsZero() && has.worker.SlowBytes > 0:
		return Brokers, fmt.Sprintf("the brokers take %d bytes a second of worker %d", has.worker.SlowBytes, has.worker.Worker)
	case !has.worker.Busy.IsZero():
		return Work, fmt.Sprintf("worker %d works on the same records, for %s", has.worker.Worker, long(now, has.worker.Busy))
	default:
		return Unknown, fmt.Sprintf("worker %d polls %s and gets no records", has.worker.Worker, at)
	}
}

// lost says why a worker is no member, or keeps losing its membership.
func lost(now time.Time, w loaderline.WorkerStatus) (Reason, string) {
	if w.Lost == 0 {
		return Group, fmt.Sprintf("worker %d is not in the group: it joins it, or the group waits for others", w.Worker)
	}
	text := fmt.Sprintf("worker %d has lost its session %s in the %s since its last commit, the last time because: %s", w.Worker, plural.Count(w.Lost, "time"), long(now, w.Committed), w.LostBy)
	if w.SlowBytes > 0 {
		return Brokers, text
	}
	return Session, text
}

// long is how long something has lasted.
func long(now, since time.Time) string { return now.Sub(since).Round(time.Second).String() }

func latest(times ...time.Time) (last time.Time) {
	for _, t := range times {
		if t.After(last) {
			last = t
		}
	}
	return last
}
