package consumer

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"
)

func (s *Session) onAssigned(_ context.Context, _ *kgo.Client, assigned map[string][]int32) {
	s.bounds.pauseOutside(s.cl, assigned)
	s.logRebalance("partitions assigned", assigned)
}

func (s *Session) onRevoked(_ context.Context, _ *kgo.Client, revoked map[string][]int32) {
	s.forget("partitions revoked", revoked)
}

func (s *Session) onLost(_ context.Context, _ *kgo.Client, lost map[string][]int32) {
	s.forget("partitions lost", lost)
}

func (s *Session) onBlocked(context.Context, *kgo.Client) {
	s.hold.block(s.cfg.RebalanceGrace)
}

func (s *Session) forget(what string, gone map[string][]int32) {
	if len(gone) == 0 {
		return
	}
	s.unsettled.Store(true)
	s.dropLag(gone)
	s.bounds.gone(gone)
	s.dropRetries(gone)
	s.logRebalance(what, gone)
}

func (s *Session) logRebalance(what string, partitions map[string][]int32) {
	if len(partitions) == 0 {
		return
	}
	s.log.LogAttrs(context.Background(), slog.LevelInfo, "rebalance",
		slog.String("change", what), slog.String("partitions", describePartitions(partitions)))
}

// describePartitions gives topics and partitions in order, as a[0 1] b[2].
func describePartitions(partitions map[string][]int32) string {
	texts := make([]string, 0, len(partitions))
	for topic, numbers := range partitions {
		texts = append(texts, fmt.Sprintf("%s%d", topic, slices.Sorted(slices.Values(numbers))))
	}
	slices.Sort(texts)
	return strings.Join(texts, " ")
}
