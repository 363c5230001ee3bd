package backlog

import (
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
)

// Lag is how far the group is behind in a partition.
type Lag struct {
	Partition

	// Seconds is the age of the newest record that was polled, if more records wait, or the time for which they wait if none did before. It
	// is 0 if none wait, or if a retry topic waits for its time.
	Seconds float64
	// Due is when the next record of a retry topic may be polled; zero if there is none, or if the partition is another process's.
	Due time.Time
	// Later reports whether records wait, and are not due yet.
	Later bool
}

// Lags returns the lag of each partition that Partitions returns, in no order.
func (w *Watch) Lags() []Lag {
	newest, due := map[kadm.Partition]time.Time{}, map[kadm.Partition]time.Time{}
	for _, worker := range w.cfg.Status() {
		for _, p := range worker.Partitions {
			at := kadm.Partition{Topic: p.Topic, Partition: p.Partition}
			due[at] = p.Due
			if p.Lag >= 0 {
				newest[at] = p.Newest
			}
		}
	}
	partitions, now := w.Partitions(), time.Now()
	all := make([]Lag, len(partitions))
	for i, p := range partitions {
		at := kadm.Partition{Topic: p.Topic, Partition: p.Number}
		all[i] = Lag{Partition: p, Due: due[at], Later: p.Waiting && due[at].After(now)}
		if p.Waiting && !all[i].Later {
			from, polled := newest[at]
			if !polled || p.idled && p.Since.After(from) {
				from = p.Since
			}
			all[i].Seconds = max(now.Sub(from).Seconds(), 0)
		}
	}
	return all
}

// Retries returns how many offsets wait in retry topics and are not due yet, and when the first of them is.
func Retries(lags []Lag) (waiting int64, due time.Time) {
	for i := range lags {
		if l := &lags[i]; l.Later {
			waiting += l.End - l.Committed
			if due.IsZero() || l.Due.Before(due) {
				due = l.Due
			}
		}
	}
	return waiting, due
}

// Speed is how many offsets were committed and how many were written, each second.
type Speed struct{ Done, New float64 }

// speedOver is how many times the cluster was asked between the offsets that Speed compares.
const speedOver = 3

// snapshot is what the cluster answered.
type snapshot struct {
	asked  time.Time
	states map[kadm.Partition]Partition // never changed
}

// Speed returns how fast the offsets move in the partitions of this process. It compares the last few answers of the cluster, and returns
// false if there are not two yet, or if the last one is old.
func (w *Watch) Speed() (Speed, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.answers) < 2 || !w.fresh() {
		return Speed{}, false
	}
	first, last := w.answers[0], w.answers[len(w.answers)-1]
	var done, arrived int64
	for at, now := range last.states {
		if before, known := first.states[at]; known {
			done += max(now.Committed-before.Committed, 0)
			arrived += max(now.End-before.End, 0)
		}
	}
	took := last.asked.Sub(first.asked).Seconds()
	return Speed{Done: float64(done) / took, New: float64(arrived) / took}, true
}

// answer keeps what the cluster answered. w.mu is held.
func (w *Watch) answer(asked time.Time, states map[kadm.Partition]Partition) {
	w.states = states
	w.answers = append(w.answers, snapshot{asked, states})
	if len(w.answers) > speedOver+1 {
		w.answers = slices.Delete(w.answers, 0, 1)
	}
}
