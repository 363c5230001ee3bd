package session

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/loaderline/loaderline/internal/failpoint"
)

// Commit publishes out and commits the offsets of the current batch, also when
// out is empty. Config.CommitTimeout bounds it, and so does ctx: when that ends
// first the session is lost. Give it a context that outlives the wish to stop.
// The records must not be used again.
//
// With (true, nil) it is done. With (false, nil) a rebalance came in between:
// drop the results and poll again. With an error nothing is committed either
// (after a Error of the last step the outcome is not known, and the
// next session settles it): *kafkaerr.ProduceError names the records that are refused,
// and Poll gives the batch again; for other errors ask Recoverable.
//
// To find such records among others, they are published again in parts. With
// consumer.ExactlyOnce nobody sees that; with consumer.AtLeastOnce it makes duplicates.
func (s *Session) Commit(ctx context.Context, out []*kgo.Record) (committed bool, err error) {
	if s.failed != nil {
		return false, s.failed
	}
	defer s.allowRebalance()
	defer s.Annotate(nil)
	defer func() { s.settleRetries(committed) }()
	ctx = s.withCommitHooks(ctx)
	if s.tx != nil {
		committed, err = s.commitTransaction(ctx, out)
	} else {
		committed, err = s.commitAcknowledged(ctx, out)
	}
	if committed {
		s.commitTime = time.Now()
		s.pauseEnded()
	} else {
		s.bounds.rewound()
	}
	if err == nil && !committed {
		s.log.LogAttrs(ctx, slog.LevelInfo, "batch aborted by a rebalance", slog.Int("records", s.held))
	}
	return committed, err
}

func (s *Session) commitTransaction(ctx context.Context, out []*kgo.Record) (bool, error) {
	if err := s.tx.Begin(); err != nil {
		return false, s.sessionError("begin a transaction", err)
	}
	s.began = time.Now()
	defer func() { s.began = time.Time{} }()
	produceErr := s.produce(ctx, out)
	ending, cancel := context.WithTimeout(ctx, s.cfg.endTimeout())
	defer cancel()
	committed, err := s.tx.End(ending, kgo.TransactionEndTry(produceErr == nil))
	failpoint.Hit(failpoint.AfterEndTxn)
	s.unsettled.Store(false)
	refused, isRefused := errors.AsType[*refusedError](produceErr)
	switch {
	case err != nil:
		// Both say why: a fenced producer learns it first from produce.
		return false, s.sessionError("end a transaction", errors.Join(err, produceErr))
	case isRefused:
		return false, s.produceError(ctx, refused)
	case isAbort(produceErr):
		return false, nil
	case produceErr != nil:
		return false, s.sessionError("publish", produceErr)
	default:
		return committed, nil
	}
}

func (s *Session) commitAcknowledged(ctx context.Context, out []*kgo.Record) (bool, error) {
	if err := s.produce(ctx, out); err != nil {
		refused, ok := errors.AsType[*refusedError](err)
		if !ok {
			return false, s.sessionError("publish", err)
		}
		err = s.produceError(ctx, refused)
		if s.failed == nil {
			if rewindErr := s.rewind(ctx); rewindErr != nil {
				err = rewindErr
			}
		}
		return false, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.CommitTimeout)
	defer cancel()
	err := commitOffsets(ctx, s.cl, s.cl.UncommittedOffsets())
	switch {
	case err == nil:
		return true, nil
	case isAbort(err):
		return false, s.rewind(ctx)
	default:
		return false, s.sessionError("commit offsets", err)
	}
}

// GiveBack drops the current batch: nothing was published, and Poll starts
// again at the committed offsets. It is quick and not interrupted by ctx.
func (s *Session) GiveBack(ctx context.Context) error {
	if s.failed != nil {
		return s.failed
	}
	defer s.allowRebalance()
	defer s.settleRetries(false)
	s.log.LogAttrs(ctx, slog.LevelInfo, "batch returned, its records are polled again", slog.Int("records", s.held))
	return s.rewind(ctx)
}

// rewind sets the position back to the committed offsets, for every partition
// that is still ours.
func (s *Session) rewind(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.CommitTimeout)
	defer cancel()
	s.bounds.rewound()
	if s.tx == nil {
		s.cl.SetOffsets(s.committed())
		return nil
	}
	s.unsettled.Store(false)
	if _, err := s.tx.End(ctx, kgo.TryAbort); err != nil {
		return s.sessionError("abort a transaction", err)
	}
	return nil
}

// allowRebalance ends the holding of a batch, and comes last: a rebalance that
// waited runs at once.
func (s *Session) allowRebalance() {
	s.held = 0
	s.guard.release()
	s.cl.AllowRebalance()
}

// commitOffsets commits as the member that the client is, and joins the errors
// of all partitions.
func commitOffsets(ctx context.Context, cl *kgo.Client, offsets map[string]map[int32]kgo.EpochOffset) error {
	var problems []error
	cl.CommitOffsetsSync(ctx, offsets, func(_ *kgo.Client, _ *kmsg.OffsetCommitRequest, resp *kmsg.OffsetCommitResponse, err error) {
		if err != nil {
			problems = append(problems, err)
			return
		}
		for _, t := range resp.Topics {
			for _, p := range t.Partitions {
				if err := kerr.ErrorForCode(p.ErrorCode); err != nil {
					problems = append(problems, fmt.Errorf("topic %s partition %d: %w", t.Topic, p.Partition, err))
				}
			}
		}
	})
	return errors.Join(problems...)
}
