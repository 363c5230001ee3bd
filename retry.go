package loaderline

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/sink"
)

// names are those of the topics.
func (r Retry) names() []string {
	names := make([]string, len(r.Topics))
	for i, t := range r.Topics {
		names[i] = t.Topic
	}
	return names
}

// consumed is what a session knows of retries.
func (r Retry) consumed() consumer.Retry {
	if len(r.Topics) == 0 {
		return consumer.Retry{}
	}
	return consumer.Retry{Topics: r.names(), Due: sink.Due, Unordered: r.Unordered, MaxKeys: r.MaxKeys}
}

// tries are the records of a micro-batch as the input had them. Where some have waited in retry topics, those of later tiers
// come first: they are earlier records of their keys.
type tries struct {
	sources []*kgo.Record
	// before says what became of each record before; nil where none has been tried.
	before []before
	behind []bool // nil where no order is kept
}

type before struct {
	source  *kgo.Record
	level   int // the tier that it waited in; 0 is the input
	earlier Failure
	weight  int // the part of a dead letter that it is, if it is one
}

// tries finds out what the records of a micro-batch are.
func (r Retry) tries(batch []*kgo.Record) tries {
	t := tries{sources: batch}
	names := r.names()
	if !slices.ContainsFunc(batch, func(r *kgo.Record) bool { return slices.Contains(names, r.Topic) }) {
		return t
	}
	t.before, t.sources = make([]before, len(batch)), make([]*kgo.Record, len(batch))
	for i, record := range batch {
		b := before{source: record, level: slices.Index(names, record.Topic) + 1, weight: whole}
		if b.level > 0 {
			b.source, b.earlier = sink.SourceOf(record)
			b.weight = int(math.Round(whole * sink.RetryShare(record)))
		}
		t.before[i] = b
	}
	slices.SortStableFunc(t.before, func(a, b before) int { return cmp.Compare(b.level, a.level) })
	for i, b := range t.before {
		t.sources[i] = b.source
	}
	return t
}

func (t *tries) level(i int) int {
	if t.before == nil {
		return 0
	}
	return t.before[i].level
}

func (t *tries) earlier(i int) Failure {
	if t.before == nil {
		return Failure{}
	}
	return t.before[i].earlier
}

func (t *tries) weight(i int) int {
	if t.before == nil {
		return whole
	}
	return t.before[i].weight
}

// hold finds the records that have to wait whatever becomes of the others: something of their key waits that is not in the
// micro-batch. They need no lookup.
func (t *tries) hold(step *consumer.KeyStep) {
	if step == nil {
		return
	}
	t.behind = make([]bool, len(t.sources))
	guess := step.Guess() // that all others are enriched
	for i, r := range t.sources {
		behind := guess.Behind(r.Partition, r.Key, t.level(i))
		t.behind[i] = behind > 0
		guess.Moved(r.Partition, r.Key, t.level(i), behind)
	}
}

func (t *tries) held(i int) bool { return t.behind != nil && t.behind[i] }

// done notes that a record has its outcome.
func (o *outcome[E]) done(src *kgo.Record) {
	level := o.tries.level(o.at)
	o.step.Moved(src.Partition, src.Key, level, 0)
	o.shares.of(level).events++
}

// fail sends a record on to the next retry topic where its failure is transient and there is one, and to the dead letters
// otherwise.
func (o *outcome[E]) fail(src *kgo.Record, f *Failure) {
	tier := o.tries.level(o.at) + 1
	if !f.Transient || tier > len(o.worker.cfg.Retry.Topics) {
		o.dead(src, f)
		return
	}
	to := o.worker.cfg.Retry.Topics[tier-1]
	if !o.wait(src, tier, time.Now().Add(to.Delay), f.After(o.tries.earlier(o.at))) {
		o.dead(src, f)
	}
}

// follow sends a record behind earlier ones of its key. It has no delay of its own: whatever is before it in its partition
// has.
func (o *outcome[E]) follow(src *kgo.Record, tier int) {
	if !o.wait(src, tier, time.Now(), o.tries.earlier(o.at)) {
		o.dead(src, &Failure{Kind: sink.KindTooLarge, Message: "the record does not fit retry topic " + o.worker.cfg.Retry.Topics[tier-1].Topic + ", in which earlier records of its key wait"})
	}
}

// wait publishes a record to a retry topic, if it fits.
func (o *outcome[E]) wait(src *kgo.Record, tier int, due time.Time, f Failure) bool {
	level := o.tries.level(o.at)
	if o.retryShare == nil {
		o.retryShare = formatShare(whole)
	}
	share := o.retryShare
	if level > 0 {
		share = formatShare(o.tries.weight(o.at))
	}
	r, failure := o.to.Retry(src, o.worker.cfg.Retry.Topics[tier-1].Topic, due, share, f)
	if failure != nil {
		return false
	}
	o.add(r)
	o.step.Moved(src.Partition, src.Key, level, tier)
	o.tally.Retried++
	if level == 0 {
		o.shares.first.events++
		o.shares.first.retried += whole
	}
	return true
}

// weigh tells the records that went to a retry topic for the first time how much they weigh.
func (o *outcome[E]) weigh() {
	if o.shares.first.retried > 0 {
		copy(o.retryShare, formatShare(o.worker.deadLetters.retriedShare(o.shares)))
	}
}

// formatShare has the same number of bytes for all shares, which are in parts of whole.
func formatShare(share int) []byte { return fmt.Appendf(nil, "%d.%06d", share/whole, share%whole) }
