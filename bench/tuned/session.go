package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// session polls records and commits them with what was made of them.
type session struct {
	poll   func(context.Context, int) kgo.Fetches
	commit func(context.Context, []*kgo.Record) error
	close  func()
}

// clientOptions are those of both deliveries.
func clientOptions(o options) []kgo.Opt {
	return []kgo.Opt{
		kgo.SeedBrokers(strings.Split(o.brokers, ",")...),
		kgo.ConsumerGroup(o.group),
		kgo.ConsumeTopics(o.input),
		kgo.ConsumeStartOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.BlockRebalanceOnPoll(),
		kgo.ProducerLinger(0),
	}
}

// openTransactional opens session number n, which commits offsets and outputs in one transaction.
func openTransactional(ctx context.Context, o options, n int) (session, error) {
	s, err := kgo.NewGroupTransactSession(append(clientOptions(o),
		kgo.TransactionalID(fmt.Sprintf("%s-%d", o.txn, n)), kgo.TransactionTimeout(10*time.Second))...)
	if err != nil {
		return session{}, err
	}
	if _, _, err := s.Client().ProducerID(ctx); err != nil { // ends what a predecessor left open.
		s.CloseAllowingRebalance()
		return session{}, err
	}
	commit := func(ctx context.Context, out []*kgo.Record) error {
		defer s.AllowRebalance()
		if err := s.Begin(); err != nil {
			return err
		}
		promise := produceAll(ctx, s.Produce, out)
		committed, err := s.End(ctx, kgo.TransactionEndTry(promise == nil))
		if err != nil || committed {
			return err
		}
		return promise // without one a rebalance came between: the records come again.
	}
	return session{poll: s.PollRecords, commit: commit, close: s.CloseAllowingRebalance}, nil
}

// openPlain opens a session that commits offsets once all outputs are acknowledged.
func openPlain(_ context.Context, o options, _ int) (session, error) {
	c, err := kgo.NewClient(append(clientOptions(o), kgo.DisableAutoCommit())...)
	if err != nil {
		return session{}, err
	}
	commit := func(ctx context.Context, out []*kgo.Record) error {
		defer c.AllowRebalance()
		if err := produceAll(ctx, c.Produce, out); err != nil {
			return err
		}
		return c.CommitUncommittedOffsets(ctx)
	}
	return session{poll: c.PollRecords, commit: commit, close: c.CloseAllowingRebalance}, nil
}

// produceAll produces records, waits for all, and returns the first error.
func produceAll(ctx context.Context, produce func(context.Context, *kgo.Record, func(*kgo.Record, error)), out []*kgo.Record) error {
	var first kgo.FirstErrPromise
	for _, r := range out {
		produce(ctx, r, first.Promise())
	}
	return first.Err()
}
