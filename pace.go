package loaderline

import (
	"cmp"
	"errors"
	"log/slog"
	"time"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/session"
)

const (
	// paceShare is the share of the publishing time that a transaction should use. The rest is left for the next
	// transaction, because a broker with a quota makes it wait for the bytes of this one.
	paceShare = 4
	// maxCut limits how much smaller the next transaction is after one that did not fit.
	maxCut = 16
	// paceWindow is how long the brokers must be quick before a transaction takes more. A quota limits an average over this
	// time.
	paceWindow = 10 * time.Second
)

// pace is the number of records that a transaction may have so that the brokers acknowledge them in time, however slow
// they are. It falls to the number that the brokers acknowledged, and rises to the number that they have acknowledged
// over paceWindow. If they acknowledged nothing, it rises with each transaction until one is slow. All workers share a
// quota, so each worker finds its own pace.
type pace struct {
	records int // Zero means any number.
	// quick is the time since when no transaction was slow, and done the number of records since then.
	quick  time.Time
	done   int
	window time.Duration // Zero is paceWindow.
	// blind reports whether the brokers acknowledged nothing, for example because one of them is down, so their speed is
	// unknown.
	blind bool
}

// missed records that only a share of the records was acknowledged in time.
func (p *pace) missed(now time.Time, records int, acknowledged float64) {
	next := int(float64(records) * acknowledged / paceShare)
	p.records = max(min(next, records/2), records/maxCut, 1)
	p.quick, p.done, p.blind = now, 0, acknowledged == 0
}

// took records how long the brokers took to acknowledge the records of a transaction, and the time limit for it.
func (p *pace) took(now time.Time, records int, took, most time.Duration) {
	aim := most / paceShare
	if took > aim {
		p.records = max(int(float64(records)*float64(aim)/float64(took)), records/maxCut, 1)
		p.quick, p.done, p.blind = now, 0, false
		return
	}
	if p.records == 0 {
		return
	}
	if p.blind && 2*records >= p.records {
		p.records *= 2 // Until the brokers are slow once.
		p.quick, p.done = now, 0
		return
	}
	p.done += records
	over := now.Sub(p.quick)
	if over < cmp.Or(p.window, paceWindow) {
		return
	}
	p.records = max(int(float64(p.done)*float64(aim)/float64(over)), p.records+p.records/4+1)
	p.quick, p.done = now, 0
}

// missed makes the next transaction take fewer records if the records of this one were not published in time.
func (w *worker[E]) missed(err error, records int) {
	slow, isSlow := errors.AsType[*session.SlowError](err)
	switch {
	case isSlow:
		share := float64(slow.Acknowledged) / float64(max(slow.Records, 1))
		w.pace.missed(time.Now(), records, share)
		w.slow(share*float64(slow.Bytes), slow.Took)
	case errors.Is(err, consumer.ErrTransactionTimeout):
		w.pace.missed(time.Now(), records, 0)
		w.slow(0, time.Second)
	}
}

// took measures how fast the brokers took the records of a transaction that was committed.
func (w *worker[E]) took(p session.Publishing, records, bytes int) {
	w.pace.took(time.Now(), records, p.Took, p.Limit)
	if p.Records == 0 {
		w.unlimit() // The brokers had nothing to take.
		return
	}
	w.slow(float64(bytes), p.Took)
}

// slow shows how fast the brokers are while this makes the worker take fewer records, and logs when that begins and ends.
// While they have acknowledged nothing, their speed is unknown.
func (w *worker[E]) slow(bytes float64, took time.Duration) {
	if w.unlimit(); w.pace.records == 0 || w.pace.blind {
		return
	}
	rate := max(int64(bytes/max(took.Seconds(), 0.001)), 1)
	if before := w.state.slow.Swap(rate); before == 0 {
		w.log.LogAttrs(w.drain, slog.LevelWarn, "the brokers take records slowly, taking fewer at once: is a quota set for this client, or the network slow?",
			slog.Int("records", w.pace.records), slog.Int64("bytes_per_second", rate))
	}
}

// unlimit removes a limit that no transaction reaches.
func (w *worker[E]) unlimit() {
	if w.pace.records >= max(w.cfg.session.MaxPollRecords, w.cfg.session.MaxRecords) {
		w.pace.records = 0
	}
	if w.pace.records == 0 && w.state.slow.Swap(0) != 0 {
		w.log.LogAttrs(w.drain, slog.LevelInfo, "the brokers take records without delay again")
	}
}

// fewest returns the smallest of some limits. Zero means no limit.
func fewest(a, b int) int {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}
