package session

import (
	"context"
	"errors"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/nextrecord"
)

// readTimes gives records the timestamps that they have in the log, where the
// client may have read other ones.
func (s *Session) readTimes(ctx context.Context, records []*kgo.Record) error {
	err := nextrecord.SetTimes(ctx, s.cl, s.topicIDs, records, s.cfg.CommitTimeout)
	unreadable, is := errors.AsType[*nextrecord.UnreadableError](err)
	switch {
	case err == nil:
		return nil
	case is:
		return s.fetchFailed(unreadable.Topic, unreadable.Partition, unreadable.Err)
	default:
		return s.sessionError("read timestamps", err)
	}
}
