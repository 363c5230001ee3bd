package session

import (
	"context"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Annotate sets the text that the next Commit keeps with the offset of each
// partition, as the offset's metadata: as durable as the offset, and in
// exactly the transactions that commit. Brokers refuse more than 4 KiB unless
// offset.metadata.max.bytes says otherwise. It is for the goroutine that polls.
func (s *Session) Annotate(note func(topic string, partition int32) string) { s.note = note }

// withCommitHooks returns a context whose commits carry the notes and stop before
// records that are not yet due.
func (s *Session) withCommitHooks(ctx context.Context) context.Context {
	if s.note == nil && len(s.cfg.Retry.Topics) == 0 {
		return ctx
	}
	ctx = kgo.PreTxnCommitFnContext(ctx, func(req *kmsg.TxnOffsetCommitRequest) error {
		for _, t := range req.Topics {
			for i := range t.Partitions {
				p := &t.Partitions[i]
				s.adjustOffset(t.Topic, p.Partition, &p.LeaderEpoch, &p.Offset, &p.Metadata)
			}
		}
		return nil
	})
	return kgo.PreCommitFnContext(ctx, func(req *kmsg.OffsetCommitRequest) error {
		for _, t := range req.Topics {
			for i := range t.Partitions {
				p := &t.Partitions[i]
				s.adjustOffset(t.Topic, p.Partition, &p.LeaderEpoch, &p.Offset, &p.Metadata)
			}
		}
		return nil
	})
}

func (s *Session) adjustOffset(topic string, partition int32, epoch *int32, offset *int64, metadata **string) {
	s.rewindNotDue(topic, partition, epoch, offset)
	if s.note != nil {
		*metadata = new(s.note(topic, partition))
	}
}
