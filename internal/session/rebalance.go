package session

import (
	"context"
	"log/slog"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/kafkaerr"
)

// The client joins the group while it is being made: these use the one that they are given, since there is no other yet.

func (s *Session) onAssigned(_ context.Context, cl *kgo.Client, assigned map[string][]int32) {
	s.noteAssigned(assigned)
	s.pauseOutside(cl, assigned)
	s.logRebalance("partitions assigned", assigned)
}

func (s *Session) onRevoked(_ context.Context, cl *kgo.Client, revoked map[string][]int32) {
	s.forget(cl, "partitions revoked", revoked)
}

func (s *Session) onLost(_ context.Context, cl *kgo.Client, lost map[string][]int32) {
	id, generation := cl.GroupMetadata()
	s.lost.Store(&membership{id, generation})
	s.forget(cl, "partitions lost", lost)
}

func (s *Session) onBlocked(context.Context, *kgo.Client) {
	s.guard.block(s.cfg.RebalanceGrace)
}

func (s *Session) forget(cl *kgo.Client, what string, gone map[string][]int32) {
	if len(gone) == 0 {
		return
	}
	s.unsettled.Store(true)
	s.dropAssigned(gone)
	s.bounds.gone(gone)
	s.forgetBegun(gone)
	s.dropRetries(gone)
	s.pauses.forget(cl, gone)
	s.logRebalance(what, gone)
}

func (s *Session) logRebalance(what string, partitions map[string][]int32) {
	if len(partitions) == 0 {
		return
	}
	s.log.LogAttrs(context.Background(), slog.LevelInfo, "rebalance",
		slog.String("change", what), slog.String("partitions", kafkaerr.DescribePartitions(partitions)))
}
