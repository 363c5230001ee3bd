package session

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/plural"
)

// DefaultMaxRetryKeys is the default of Retry.MaxKeys.
const DefaultMaxRetryKeys = 100_000

// Retry says in which topics records wait for another try. Each of them has the
// partitions of the input topic, and a record waits in the partition that it
// came from: whoever has a partition of the input has those of its retries. The
// zero value is none.
type Retry struct {
	// Topics are read beside the one input topic, in order of the tries. Records
	// get there by Commit. Partitions without a committed offset begin with the
	// oldest record, whatever Start says.
	Topics []string
	// Due says when a record of Topics may be polled; those behind it in its
	// partition wait with it. It may be called by several goroutines. Required
	// with Topics.
	Due func(*kgo.Record) time.Time
	// Unordered lets later records of a key pass those that wait. Otherwise Step
	// says which records have to wait as well.
	Unordered bool
	// MaxKeys is how many keys of a partition may wait in order. As long as there are
	// more, nothing is polled from that partition of the input. Defaults to
	// DefaultMaxRetryKeys.
	MaxKeys int
}

// topics are all that the session reads.
func (c Config) topics() []string { return slices.Concat(c.Topics, c.Retry.Topics) }

func (c Config) validateRetry() error {
	if len(c.Retry.Topics) == 0 {
		return nil
	}
	var problems []error
	if len(c.Topics) > 1 {
		problems = append(problems, fmt.Errorf("field Topics has %s; with Retry.Topics it is one: each input has retry topics of its own", plural.Count(len(c.Topics), "topic")))
	}
	if c.Retry.Due == nil {
		problems = append(problems, errors.New("field Retry.Due is required with Retry.Topics"))
	}
	if c.Retry.MaxKeys < 0 {
		problems = append(problems, errors.New("field Retry.MaxKeys is negative"))
	}
	seen := map[string]bool{}
	for _, topic := range c.topics() {
		if seen[topic] {
			problems = append(problems, fmt.Errorf("field Retry.Topics: %s is read twice", topic))
		}
		seen[topic] = true
	}
	return errors.Join(problems...)
}

// Step is for deciding on the records of the batch at hand, in order; nil where
// no order is kept. It begins anew each time.
func (s *Session) Step() *KeyStep {
	if s.retries.order == nil {
		return nil
	}
	s.retries.step = s.retries.order.step()
	return s.retries.step
}

// RetryKeys is how many keys have records that wait in order. Safe for
// concurrent use.
func (s *Session) RetryKeys() int {
	if s.retries.order == nil {
		return 0
	}
	total := 0
	for _, keys := range s.retries.order.sizes() {
		total += keys
	}
	return total
}

// retries is what a session knows of its retry topics.
type retries struct {
	order *keyOrder // nil: no order is kept.
	step  *KeyStep  // Of the batch at hand.

	mu sync.Mutex // Rebalances come while nothing is held, beside Poll.
	// early are the first records that were polled before they were due, by
	// partition. These are paused, and set back when the batch is settled.
	early map[topicPartition]*kgo.Record
	// due is when such a partition continues.
	due map[topicPartition]time.Time
	// owned are the topics with a partition of this session.
	owned map[int32]map[string]bool
}

func (r *retries) init(cfg Retry) {
	r.early = make(map[topicPartition]*kgo.Record)
	r.due = make(map[topicPartition]time.Time)
	r.owned = make(map[int32]map[string]bool)
	if len(cfg.Topics) > 0 && !cfg.Unordered {
		r.order = newKeyOrder(len(cfg.Topics))
	}
}

// ripe are the records of a fetched partition that are due. Where one is not,
// the partition pauses until it is.
func (s *Session) ripe(p kgo.FetchTopicPartition) []*kgo.Record {
	if !slices.Contains(s.cfg.Retry.Topics, p.Topic) {
		return p.Records
	}
	at := topicPartition{p.Topic, p.Partition}
	s.retries.mu.Lock()
	defer s.retries.mu.Unlock()
	if s.retries.early[at] != nil {
		return nil // The client had fetched these as well.
	}
	now := time.Now()
	for i, r := range p.Records {
		if due := s.cfg.Retry.Due(r); due.After(now) {
			s.retries.early[at], s.retries.due[at] = r, due
			s.pauses.set(s.cl, at, notDue)
			return p.Records[:i]
		}
	}
	return p.Records
}

// resumeDue lets the partitions go on whose next record is due, and answers how
// long to wait for the next one, at most wait.
func (s *Session) resumeDue(wait time.Duration) time.Duration {
	s.retries.mu.Lock()
	defer s.retries.mu.Unlock()
	for at, due := range s.retries.due {
		if left := time.Until(due); left > 0 {
			wait = min(wait, left)
			continue
		}
		delete(s.retries.due, at)
		s.pauses.end(s.cl, at, notDue)
	}
	return wait
}

// settleRetries ends a batch, before rebalances are allowed. Where it was
// committed, early records are polled again when they are due. Otherwise the
// client has set all back, and some of it may be due at once.
func (s *Session) settleRetries(committed bool) {
	if committed {
		s.retries.step.apply()
	}
	s.retries.step = nil
	s.retries.mu.Lock()
	defer s.retries.mu.Unlock()
	if committed {
		back := make(map[string]map[int32]kgo.EpochOffset)
		for at, r := range s.retries.early {
			if back[at.topic] == nil {
				back[at.topic] = make(map[int32]kgo.EpochOffset)
			}
			back[at.topic][at.partition] = kgo.EpochOffset{Epoch: r.LeaderEpoch, Offset: r.Offset}
		}
		s.cl.SetOffsets(back)
	} else {
		for at := range s.retries.early {
			s.retries.due[at] = time.Time{}
		}
	}
	clear(s.retries.early)
	s.boundKeys()
}

// uncommit corrects the offset of a partition that is about to be committed:
// the client takes early records for done.
func (s *Session) uncommit(topic string, partition int32, epoch *int32, offset *int64) {
	s.retries.mu.Lock()
	defer s.retries.mu.Unlock()
	if r := s.retries.early[topicPartition{topic, partition}]; r != nil {
		*epoch, *offset = r.LeaderEpoch, r.Offset
	}
}

// boundKeys stops taking from partitions of the input that have too many keys
// waiting, and goes on with those that have not any more.
func (s *Session) boundKeys() {
	if s.retries.order == nil {
		return
	}
	for p, keys := range s.retries.order.sizes() {
		at := topicPartition{s.cfg.Topics[0], p}
		attrs := []slog.Attr{slog.String("topic", at.topic), slog.Int("partition", int(p)), slog.Int("keys", keys)}
		switch full, was := keys >= s.cfg.Retry.MaxKeys, s.pauses.has(at, keysFull); {
		case full && !was:
			s.pauses.set(s.cl, at, keysFull)
			s.log.LogAttrs(context.Background(), slog.LevelWarn, "too many keys wait in retry topics; their partition of the input waits too", attrs...)
		case !full && was:
			s.pauses.end(s.cl, at, keysFull)
			s.log.LogAttrs(context.Background(), slog.LevelInfo, "fewer keys wait in retry topics; their partition of the input continues", attrs...)
		}
	}
}
