package session

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/kafkaerr"
)

// produceError finds out what a refusal means. A broker refuses a whole batch
// of the client's making, and the client then gives up all that it holds for
// the partition, so the records at fault are among others.
func (s *Session) produceError(ctx context.Context, refused *refusedError) error {
	first := refused.first
	e := &RejectedError{First: &kafkaerr.ProduceError{Topic: first.Record.Topic, Partition: first.Record.Partition, Err: first.Err}}
	if refused.ofTopic {
		return e.First
	}
	work, done := s.Working(ctx)
	defer done()
	bisect := bisection{session: s, until: time.Now().Add(s.cfg.CommitTimeout)}
	for _, group := range byPartition(refused.records) {
		if err := bisect.group(work, group, first.Err); err != nil {
			return err
		}
	}
	e.Records = bisect.found
	if len(e.Records) > 0 {
		at := e.Records[0]
		e.First = &kafkaerr.ProduceError{Topic: at.Record.Topic, Partition: at.Record.Partition, Err: at.Err}
	}
	s.log.LogAttrs(ctx, slog.LevelWarn, "batch aborted by refused records", slog.String("topic", e.First.Topic), slog.Any("error", first.Err),
		slog.Int("refused", len(refused.records)), slog.Int("at_fault", len(e.Records)), slog.Int("records", s.held))
	return e
}

// bisection looks for the records at fault by halving groups and publishing
// the halves, 2 log2 n bursts for one record of n. It ends early, with what it
// has found, when a rebalance has waited for long.
type bisection struct {
	session *Session
	until   time.Time
	found   []Rejection
}

// group looks through a group of one partition that was refused among others.
func (b *bisection) group(ctx context.Context, group []*kgo.Record, reason error) error {
	var err error
	if len(group) == 1 {
		_, err = b.try(ctx, group)
	} else {
		_, err = b.divide(ctx, group, reason)
	}
	return err
}

// try publishes a group, and reports whether a record of it is at fault.
func (b *bisection) try(ctx context.Context, group []*kgo.Record) (atFault bool, err error) {
	if b.over(ctx) {
		return true, nil // Not known: it must not count as too large together.
	}
	err = b.session.probe(ctx, group)
	refused, is := errors.AsType[*refusedError](err)
	switch {
	case !is:
		return false, err
	case len(group) == 1:
		b.found = append(b.found, refused.first)
		return true, nil
	default:
		return b.divide(ctx, group, refused.first.Err)
	}
}

// divide tries the halves of a group that was refused.
func (b *bisection) divide(ctx context.Context, group []*kgo.Record, reason error) (atFault bool, err error) {
	cut := len(group) / 2
	left, err := b.try(ctx, group[:cut])
	if err != nil {
		return false, err
	}
	right, err := b.try(ctx, group[cut:])
	if err != nil {
		return false, err
	}
	if !left && !right && kafkaerr.IsTooLarge(reason) {
		b.session.slow(group)
	}
	return left || right, nil
}

func (b *bisection) over(ctx context.Context) bool {
	return ctx.Err() != nil || time.Now().After(b.until)
}

// probe publishes records to see whether they are refused. With consumer.ExactlyOnce it
// does so in a separate transaction that is aborted in any case. It is not
// interrupted by a rebalance.
func (s *Session) probe(ctx context.Context, group []*kgo.Record) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.publishTimeout())
	defer cancel()
	for _, r := range group {
		forgetContext(r)
	}
	if s.tx == nil {
		return s.probed(s.burst(ctx, group).result)
	}
	if err := s.cl.BeginTransaction(); err != nil {
		return s.sessionError("begin a transaction", err)
	}
	s.began = time.Now()
	defer func() { s.began = time.Time{} }()
	burstErr := s.burst(ctx, group).result
	if err := s.cl.AbortBufferedRecords(ctx); err != nil {
		return s.sessionError("abort a transaction", errors.Join(err, burstErr))
	}
	if err := s.cl.EndTransaction(ctx, kgo.TryAbort); err != nil {
		return s.sessionError("abort a transaction", errors.Join(err, burstErr))
	}
	return s.probed(burstErr)
}

// forgetContext makes a record fit to be published again: the context that the
// client noted in it is that of the publishing before, and has ended.
func forgetContext(r *kgo.Record) { r.Context = nil }

// probed passes refusals of records on; all else ends the session.
func (s *Session) probed(err error) error {
	refused, is := errors.AsType[*refusedError](err)
	if err == nil || is && !refused.ofTopic {
		return err
	}
	return s.sessionError("publish", err)
}

// slow notes that a broker takes a group's halves and not the whole.
func (s *Session) slow(group []*kgo.Record) {
	bytes := 0
	for _, r := range group {
		bytes += recordBytes(r)
	}
	topic, pace := group[0].Topic, max(bytes/2, 1)
	if now, ok := s.pace[topic]; !ok || pace < now {
		s.pace[topic] = pace
		s.log.LogAttrs(context.Background(), slog.LevelWarn, "topic accepts less at once than its limit says; publishing in smaller bursts",
			slog.String("topic", topic), slog.Int("bytes", pace))
	}
}

// byPartition sorts records into those of each partition, in their order.
func byPartition(records []*kgo.Record) [][]*kgo.Record {
	index := make(map[kadm.Partition]int)
	var groups [][]*kgo.Record
	for _, r := range records {
		at := kadm.Partition{Topic: r.Topic, Partition: r.Partition}
		n, ok := index[at]
		if !ok {
			n = len(groups)
			index[at] = n
			groups = append(groups, nil)
		}
		groups[n] = append(groups[n], r)
	}
	return slices.Clip(groups)
}
