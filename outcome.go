package loaderline

import (
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/deadletterlimit"
	"github.com/loaderline/loaderline/internal/envelope"
	"github.com/loaderline/loaderline/internal/loaderr"
	"github.com/loaderline/loaderline/internal/session"
	"github.com/loaderline/loaderline/sink"
	"github.com/loaderline/loaderline/stages"
)

// output is the records of one transaction, and their counts.
type output struct {
	records []*kgo.Record
	origins []*kgo.Record   // the input record of each of the records
	bytes   int             // of the records
	inputs  int             // the number of input records
	sources [][]*kgo.Record // the input records, by micro-batch
	tallies []Tally         // by micro-batch
	counts  deadletterlimit.Counts
	samples map[DeadLetter]string // a message for each reason
	release func()                // for when the records are published and no longer needed

	reservation deadletterlimit.Reservation
}

// outcome collects the records of the micro-batches of a transaction.
type outcome[E any] struct {
	output

	worker   *worker[E]
	to       *envelope.Batch
	order    *session.KeyStep
	tally    *Tally    // of the current micro-batch
	attempts *attempts // its records
	at       int       // the current record

	retryShare []byte // the header of all records that go to a retry topic for the first time; weigh fills it in
}

// row publishes the result of Encode for a row: all of its records, or a dead letter.
func (o *outcome[E]) row(src *kgo.Record, row stages.Row[E]) {
	records, failure := o.encode(row)
	if failure != nil {
		o.fail(src, failure)
		return
	}
	if len(records) == 0 {
		o.done(src)
		o.tally.Dropped++
		return
	}
	before, bytes := len(o.records), o.bytes
	for i := range records {
		r, failure := o.to.Enriched(src, records[i])
		if failure != nil {
			o.records, o.origins, o.bytes = o.records[:before], o.origins[:before], bytes
			o.dead(src, failure)
			return
		}
		o.add(src, r)
	}
	o.done(src)
	o.tally.Enriched++
}

func (o *outcome[E]) tombstone(src *kgo.Record) {
	if o.worker.cfg.Tombstones == DropTombstones {
		o.done(src)
		o.tally.Dropped++
		return
	}
	r, failure := o.to.Enriched(src, Record{Key: src.Key})
	if failure != nil {
		o.dead(src, failure)
		return
	}
	o.add(src, r)
	o.done(src)
	o.tally.Forwarded++
}

// fail sends a record to the next retry topic if its failure is transient and there is one, and to the dead letters
// otherwise.
func (o *outcome[E]) fail(src *kgo.Record, f *Failure) {
	tier := o.attempts.tier(o.at) + 1
	if !f.Transient || tier > len(o.worker.cfg.Retry.Topics) {
		o.dead(src, f)
		return
	}
	to := o.worker.cfg.Retry.Topics[tier-1]
	if !o.retry(src, tier, time.Now().Add(to.Delay), envelope.Accumulate(*f, o.attempts.previous(o.at))) {
		o.dead(src, f)
	}
}

// follow sends a record to the retry topic of earlier records of its key. It needs no delay, because an earlier record
// in its partition has one.
func (o *outcome[E]) follow(src *kgo.Record, tier int) {
	if !o.retry(src, tier, time.Now(), o.attempts.previous(o.at)) {
		o.dead(src, &Failure{Kind: sink.KindTooLarge, Message: "the record does not fit retry topic " + o.worker.cfg.Retry.Topics[tier-1].Topic + ", in which earlier records of its key wait"})
	}
}

// retry publishes a record to a retry topic, if it fits.
func (o *outcome[E]) retry(src *kgo.Record, tier int, due time.Time, f Failure) bool {
	from := o.attempts.tier(o.at)
	if o.retryShare == nil {
		o.retryShare = formatShare(deadletterlimit.Whole)
	}
	share := o.retryShare
	if from > 0 {
		share = formatShare(o.attempts.weight(o.at))
	}
	r, failure := o.to.Retry(src, o.worker.cfg.Retry.Topics[tier-1].Topic, due, share, f)
	if failure != nil {
		return false
	}
	o.add(src, r)
	o.order.Record(src.Partition, src.Key, from, tier)
	o.tally.Retried++
	if from == 0 {
		o.counts.Input.Events++
		o.counts.Input.SentToRetry += deadletterlimit.Whole
	}
	return true
}

func (o *outcome[E]) dead(src *kgo.Record, f *Failure) {
	o.done(src)
	o.add(src, o.to.DeadLetter(src, envelope.Accumulate(*f, o.attempts.previous(o.at))))
	o.tally.dead(f)
	o.counts.At(o.attempts.tier(o.at)).Dead += o.attempts.weight(o.at)
	if o.samples == nil {
		o.samples = map[DeadLetter]string{}
	}
	o.samples[DeadLetter{Kind: f.Kind, Stage: f.Stage}] = f.Message
}

// done records that a record has its outcome.
func (o *outcome[E]) done(src *kgo.Record) {
	tier := o.attempts.tier(o.at)
	o.order.Record(src.Partition, src.Key, tier, 0)
	o.counts.At(tier).Events++
}

func (o *outcome[E]) add(src, r *kgo.Record) {
	o.records, o.origins = append(o.records, r), append(o.origins, src)
	o.bytes += envelope.WireSize(r)
}

// weigh fills in the share header of records that were sent to their first retry topic. The share is known only once the
// whole transaction is built.
func (o *outcome[E]) weigh() {
	if o.counts.Input.SentToRetry > 0 {
		copy(o.retryShare, formatShare(o.worker.deadLetters.RetriedShare(o.counts)))
	}
}

// formatShare formats a share, in parts of deadletterlimit.Whole, with a fixed number of bytes.
func formatShare(share int) []byte {
	return fmt.Appendf(nil, "%d.%06d", share/deadletterlimit.Whole, share%deadletterlimit.Whole)
}

// mostDead returns the most frequent reason of dead letters.
func (o *output) mostDead() DeadLetter {
	var most DeadLetter
	all := map[DeadLetter]int{}
	for _, t := range o.tallies {
		for reason, n := range t.DeadLetters {
			if all[reason] += n; all[reason] > all[most] {
				most = reason
			}
		}
	}
	return most
}

func asFailure(err error, kind sink.Kind) *Failure {
	if f, ok := errors.AsType[*Failure](err); ok {
		return f
	}
	f := &Failure{Kind: kind, Message: err.Error()}
	if tried, ok := errors.AsType[*loaderr.KeyError](err); ok {
		f.Attempts, f.FirstAt, f.LastAt = tried.Attempts, tried.First, tried.Last
		class := stages.ClassOf(tried)
		f.Transient = class == stages.Transient || class == stages.Unusable
	}
	return f
}
