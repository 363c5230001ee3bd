package loaderline

import (
	"cmp"
	"math"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/deadletterlimit"
	"github.com/loaderline/loaderline/internal/envelope"
	"github.com/loaderline/loaderline/internal/session"
)

// names returns the retry topics.
func (r Retry) names() []string {
	names := make([]string, len(r.Topics))
	for i, t := range r.Topics {
		names[i] = t.Topic
	}
	return names
}

// consumed returns what a session needs to know about retries.
func (r Retry) consumed() session.Retry {
	if len(r.Topics) == 0 {
		return session.Retry{}
	}
	return session.Retry{Topics: r.names(), Due: envelope.Due, Unordered: r.Unordered, MaxKeys: r.MaxKeys}
}

// attempts are the records of a micro-batch as they were in the input. Records from higher retry tiers come first,
// because they are earlier records of their keys.
type attempts struct {
	sources []*kgo.Record
	// retried is by record; nil if no record comes from a retry topic.
	retried []retried
	blocked []bool // by record; nil where no order is kept
}

// retried is what happened to a record before.
type retried struct {
	source   *kgo.Record
	tier     int     // the retry topic that it waited in, from 1; 0 is the input
	previous Failure // the last one
	weight   int     // what it counts if it becomes a dead letter, in parts of deadletterlimit.Whole
}

// attempts returns the records of a micro-batch in the order in which they are processed.
func (r Retry) attempts(batch []*kgo.Record) attempts {
	a := attempts{sources: batch}
	names := r.names()
	if !slices.ContainsFunc(batch, func(r *kgo.Record) bool { return slices.Contains(names, r.Topic) }) {
		return a
	}
	a.retried, a.sources = make([]retried, len(batch)), make([]*kgo.Record, len(batch))
	for i, record := range batch {
		b := retried{source: record, tier: slices.Index(names, record.Topic) + 1, weight: deadletterlimit.Whole}
		if b.tier > 0 {
			b.source, b.previous = envelope.SourceOf(record)
			b.weight = int(math.Round(deadletterlimit.Whole * envelope.RetryShare(record)))
		}
		a.retried[i] = b
	}
	slices.SortStableFunc(a.retried, func(a, b retried) int { return cmp.Compare(b.tier, a.tier) })
	for i, b := range a.retried {
		a.sources[i] = b.source
	}
	return a
}

func (a *attempts) tier(i int) int {
	if a.retried == nil {
		return 0
	}
	return a.retried[i].tier
}

func (a *attempts) previous(i int) Failure {
	if a.retried == nil {
		return Failure{}
	}
	return a.retried[i].previous
}

func (a *attempts) weight(i int) int {
	if a.retried == nil {
		return deadletterlimit.Whole
	}
	return a.retried[i].weight
}

// markBlocked marks records that are blocked by a waiting record of the same key outside this micro-batch. They need no
// lookup.
func (a *attempts) markBlocked(order *session.KeyStep) {
	if order == nil {
		return
	}
	a.blocked = make([]bool, len(a.sources))
	preview := order.Preview() // It takes all others for enriched.
	for i, r := range a.sources {
		behind := preview.MustFollow(r.Partition, r.Key, a.tier(i))
		a.blocked[i] = behind > 0
		preview.Record(r.Partition, r.Key, a.tier(i), behind)
	}
}

func (a *attempts) isBlocked(i int) bool { return a.blocked != nil && a.blocked[i] }
