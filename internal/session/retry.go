package session

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/plural"
)

// DefaultMaxRetryKeys is the default of Retry.MaxKeys.
const DefaultMaxRetryKeys = 100_000

// Retry names the topics in which records wait for another attempt. Each has the
// partitions of the input topic, and a record waits in the partition that it
// came from. A member with a partition of the input has the same partition of
// each retry topic. The zero value has no retry topics.
type Retry struct {
	// Topics are read together with the one input topic, in the order of the
	// attempts. Commit publishes records to them. Partitions without a committed
	// offset begin with the oldest record, whatever Start says.
	Topics []string
	// Due returns when a record of Topics may be polled. The records behind it in
	// its partition wait too. Several goroutines call it. Required with Topics.
	Due func(*kgo.Record) time.Time
	// Unordered lets later records of a key pass earlier ones that wait. Otherwise
	// Step decides which records must wait behind them.
	Unordered bool
	// MaxKeys is the number of keys of a partition that may wait in order. While
	// as many wait, that partition of the input is not fetched. Defaults to
	// DefaultMaxRetryKeys.
	MaxKeys int
}

// topics returns all topics that the session reads.
func (c Config) topics() []string { return slices.Concat(c.Topics, c.Retry.Topics) }

func (c Config) validateRetry() error {
	if len(c.Retry.Topics) == 0 {
		return nil
	}
	var problems []error
	if len(c.Topics) > 1 {
		problems = append(problems, fmt.Errorf("field Topics has %s; with Retry.Topics it needs exactly one: each input has its own retry topics", plural.Count(len(c.Topics), "topic")))
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

// Step returns the decisions about the records of the held batch. It is nil if
// no order is kept. Each call begins again.
func (s *Session) Step() *KeyStep {
	if s.retries.order == nil {
		return nil
	}
	s.retries.step = s.retries.order.step()
	return s.retries.step
}

// RetryKeys returns the number of keys with records that wait in order. It is
// safe for concurrent use.
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

// retries is the state of a session's retry topics.
type retries struct {
	order *keyOrder // nil: no order is kept.
	step  *KeyStep  // Of the held batch.

	mu sync.Mutex // Rebalances run while no batch is held, concurrently with Poll.
	// notDue has the first record of each partition that was polled before it was
	// due. The partition is paused, and set back to the record when the batch is
	// settled.
	notDue map[kadm.Partition]*kgo.Record
	// due is when such a partition is resumed.
	due map[kadm.Partition]time.Time
	// owned has, for each partition, the topics that this session reads.
	owned map[int32]map[string]bool
}

func (r *retries) init(cfg Retry) {
	r.notDue = make(map[kadm.Partition]*kgo.Record)
	r.due = make(map[kadm.Partition]time.Time)
	r.owned = make(map[int32]map[string]bool)
	if len(cfg.Topics) > 0 && !cfg.Unordered {
		r.order = newKeyOrder(len(cfg.Topics))
	}
}

// takeDue returns the records of a fetched partition that are due. If one is not
// due, it pauses the partition until then.
func (s *Session) takeDue(p kgo.FetchTopicPartition) []*kgo.Record {
	if !slices.Contains(s.cfg.Retry.Topics, p.Topic) {
		return p.Records
	}
	at := kadm.Partition{Topic: p.Topic, Partition: p.Partition}
	s.retries.mu.Lock()
	defer s.retries.mu.Unlock()
	if s.retries.notDue[at] != nil {
		return nil // The client had fetched these before the pause.
	}
	now := time.Now()
	for i, r := range p.Records {
		if due := s.cfg.Retry.Due(r); due.After(now) {
			s.retries.notDue[at], s.retries.due[at] = r, due
			s.pauses.set(s.cl, at, notDue)
			return p.Records[:i]
		}
	}
	return p.Records
}

// resumeDue resumes the partitions whose next record is due. It returns how long
// to wait for the next one, at most wait.
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

// settleRetries ends a batch, before rebalances are allowed. After a commit,
// records that were not due are polled again when they are. Otherwise the client
// has set all partitions back, and their first records may be due at once.
func (s *Session) settleRetries(committed bool) {
	if committed {
		s.retries.step.apply()
	}
	s.retries.step = nil
	s.retries.mu.Lock()
	defer s.retries.mu.Unlock()
	if committed {
		back := make(map[string]map[int32]kgo.EpochOffset)
		for at, r := range s.retries.notDue {
			if back[at.Topic] == nil {
				back[at.Topic] = make(map[int32]kgo.EpochOffset)
			}
			back[at.Topic][at.Partition] = kgo.EpochOffset{Epoch: r.LeaderEpoch, Offset: r.Offset}
		}
		s.cl.SetOffsets(back)
	} else {
		for at := range s.retries.notDue {
			s.retries.due[at] = time.Time{}
		}
	}
	clear(s.retries.notDue)
	s.boundKeys()
}

// rewindNotDue corrects the offset of a partition that is about to be committed:
// the client takes records that were not due for processed.
func (s *Session) rewindNotDue(topic string, partition int32, epoch *int32, offset *int64) {
	s.retries.mu.Lock()
	defer s.retries.mu.Unlock()
	if r := s.retries.notDue[kadm.Partition{Topic: topic, Partition: partition}]; r != nil {
		*epoch, *offset = r.LeaderEpoch, r.Offset
	}
}

// boundKeys pauses partitions of the input for which too many keys wait, and
// resumes them when fewer do.
func (s *Session) boundKeys() {
	if s.retries.order == nil {
		return
	}
	for p, keys := range s.retries.order.sizes() {
		at := kadm.Partition{Topic: s.cfg.Topics[0], Partition: p}
		attrs := []slog.Attr{slog.String("topic", at.Topic), slog.Int("partition", int(p)), slog.Int("keys", keys)}
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
