package consumer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// StartFrom is a kind of start position.
type StartFrom int

const (
	// StartEarliest begins with the oldest record.
	StartEarliest StartFrom = iota
	// StartLatest begins after the newest record.
	StartLatest
	// StartNone refuses to begin without a committed offset.
	StartNone
	// StartTime begins with the first record at or after a time.
	StartTime
)

// Start is where partitions without a committed offset begin. The zero value
// is earliest.
type Start struct {
	From StartFrom
	// Time is for StartTime alone.
	Time time.Time
}

// ParseStart reads earliest, latest, none or an RFC 3339 time; the empty text
// is earliest.
func ParseStart(text string) (Start, error) {
	switch strings.ToLower(text) {
	case "", "earliest":
		return Start{}, nil
	case "latest":
		return Start{From: StartLatest}, nil
	case "none":
		return Start{From: StartNone}, nil
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return Start{}, fmt.Errorf("start %q is not earliest, latest, none or an RFC 3339 time", text)
	}
	return Start{From: StartTime, Time: at}, nil
}

// String returns the text that ParseStart reads.
func (s Start) String() string {
	switch s.From {
	case StartLatest:
		return "latest"
	case StartNone:
		return "none"
	case StartTime:
		return s.Time.UTC().Format(time.RFC3339Nano)
	default:
		return "earliest"
	}
}

// NoOffsetError says that the group has no committed offset for a partition
// and that Start is none.
type NoOffsetError struct {
	Group      string
	Partitions map[string][]int32 // The partitions without one, by topic.
}

// Error implements error.
func (e *NoOffsetError) Error() string {
	return fmt.Sprintf("group %q has no committed offset for %s and start is none: set its offsets (loaderline offsets set) or choose another start",
		e.Group, describePartitions(e.Partitions))
}

// startOffsets resolves the partitions without a committed offset to concrete
// offsets and commits those before anything is fetched. Otherwise an abort
// before the first commit would rewind to offset 0, and a restart would
// resolve anew and skip what came in meanwhile.
func (s *Session) startOffsets(ctx context.Context, offsets map[string]map[int32]kgo.Offset) (map[string]map[int32]kgo.Offset, error) {
	select {
	case <-s.opened:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	missing := make(map[string][]int32)
	for topic, partitions := range offsets {
		for p, offset := range partitions {
			if offset.EpochOffset().Offset >= 0 {
				continue
			}
			if s.bounds.excludes(topicPartition{topic, p}) {
				partitions[p] = kgo.NewOffset().At(0) // It is paused.
			} else {
				missing[topic] = append(missing[topic], p)
			}
		}
	}
	if err := s.begin(ctx, offsets, missing); err != nil {
		return nil, err
	}
	if err := s.rebuildOrder(ctx, offsets); err != nil {
		return nil, fmt.Errorf("read the retry topics: %w", err)
	}
	return offsets, nil
}

// begin resolves and commits the missing offsets.
func (s *Session) begin(ctx context.Context, offsets map[string]map[int32]kgo.Offset, missing map[string][]int32) error {
	if len(missing) == 0 {
		return nil
	}
	retried := make(map[string][]int32)
	for _, topic := range s.cfg.Retry.Topics {
		if partitions, ok := missing[topic]; ok {
			retried[topic] = partitions
			delete(missing, topic)
		}
	}
	if s.cfg.Start.From == StartNone && len(missing) > 0 {
		return &NoOffsetError{Group: s.cfg.Group, Partitions: missing}
	}
	resolved, err := s.resolve(ctx, s.cfg.Start, missing)
	if err != nil {
		return fmt.Errorf("find the start offsets: %w", err)
	}
	oldest, err := s.resolve(ctx, Start{}, retried)
	if err != nil {
		return fmt.Errorf("find the start offsets: %w", err)
	}
	maps.Copy(resolved, oldest)
	maps.Copy(missing, retried)
	if err := commitOffsets(ctx, s.cl, resolved); err != nil {
		return fmt.Errorf("commit the start offsets: %w", err)
	}
	s.log.LogAttrs(ctx, slog.LevelInfo, "start offsets committed",
		slog.String("start", s.cfg.Start.String()), slog.String("partitions", describePartitions(missing)))
	for topic, partitions := range resolved {
		for p, offset := range partitions {
			offsets[topic][p] = kgo.NewOffset().At(offset.Offset)
		}
	}
	return nil
}

func (s *Session) resolve(ctx context.Context, start Start, missing map[string][]int32) (map[string]map[int32]kgo.EpochOffset, error) {
	if len(missing) == 0 {
		return map[string]map[int32]kgo.EpochOffset{}, nil
	}
	topics := make([]string, 0, len(missing))
	added := false // Partitions that came after this session was opened.
	for topic, partitions := range missing {
		topics = append(topics, topic)
		for _, p := range partitions {
			added = added || int(p) >= s.partitions[topic]
		}
	}
	admin := kadm.NewClient(s.cl)
	listed, err := listStart(ctx, admin, start, topics)
	if err != nil {
		return nil, err
	}
	earliest := listed
	if added && start.From != StartEarliest {
		if earliest, err = admin.ListStartOffsets(ctx, topics...); err != nil {
			return nil, err
		}
	}
	resolved := make(map[string]map[int32]kgo.EpochOffset, len(missing))
	for topic, partitions := range missing {
		resolved[topic] = make(map[int32]kgo.EpochOffset, len(partitions))
		for _, p := range partitions {
			from := listed
			if int(p) >= s.partitions[topic] {
				from = earliest // All that is in it came after the start.
			}
			offset, ok := from.Lookup(topic, p)
			switch {
			case !ok:
				return nil, fmt.Errorf("topic %s partition %d: %w", topic, p, kerr.UnknownTopicOrPartition)
			case offset.Err != nil:
				return nil, fmt.Errorf("topic %s partition %d: %w", topic, p, offset.Err)
			case offset.Offset < 0:
				return nil, fmt.Errorf("topic %s partition %d: the broker gave offset %d", topic, p, offset.Offset)
			}
			resolved[topic][p] = kgo.EpochOffset{Epoch: -1, Offset: offset.Offset}
		}
	}
	return resolved, nil
}

func listStart(ctx context.Context, admin *kadm.Client, start Start, topics []string) (kadm.ListedOffsets, error) {
	switch start.From {
	case StartLatest:
		// The end for readers of committed records: a transaction that is
		// still open belongs to what comes.
		return admin.ListCommittedOffsets(ctx, topics...)
	case StartTime:
		return admin.ListOffsetsAfterMilli(ctx, start.Time.UnixMilli(), topics...)
	case StartEarliest:
		return admin.ListStartOffsets(ctx, topics...)
	default:
		return nil, errors.New("the start is not known")
	}
}
