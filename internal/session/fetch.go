package session

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/kafkaerr"
)

// fetchWarnEvery is how often transient fetch errors are logged.
const fetchWarnEvery = 30 * time.Second

// fetchWarnings counts transient errors between two lines of the log.
type fetchWarnings struct {
	last time.Time
	more int
}

// fetchError returns the first error of fetches that waiting does not heal,
// and ends the session with it: the client reports some errors only once and
// leaves their partition out from then on.
func (s *Session) fetchError(fetches kgo.Fetches) error {
	var fatal error
	fetches.EachError(func(topic string, partition int32, err error) {
		if fatal == nil {
			fatal = s.judgeFetch(topic, partition, err)
		}
	})
	if fatal != nil && s.failed == nil {
		s.failed = fatal
	}
	return fatal
}

func (s *Session) judgeFetch(topic string, partition int32, err error) error {
	group, isGroup := errors.AsType[*kgo.ErrGroupSession](err)
	switch {
	case isGroup:
		return s.judgeGroup(group.Err)
	case errors.Is(err, kgo.ErrClientClosed):
		return ErrClosed
	case topic == "" && kafkaerr.IsAny(err, context.Canceled, context.DeadlineExceeded):
		return nil // The end of Poll's own wait.
	case kafkaerr.IsLogin(err):
		return s.sessionError("authenticate", err)
	case kafkaerr.IsAny(err, kerr.OffsetOutOfRange, kerr.UnknownTopicID, kerr.InconsistentTopicID) || !kafkaerr.IsTransient(err) && !errors.Is(err, kerr.UnknownServerError):
		return s.fetchFailed(topic, partition, err)
	default:
		s.warnFetch(slog.String("topic", topic), slog.Int("partition", int(partition)), slog.Any("error", err))
		return nil
	}
}

func (s *Session) fetchFailed(topic string, partition int32, err error) *kafkaerr.FetchError {
	return &kafkaerr.FetchError{Topic: topic, Partition: partition, Group: s.cfg.Group, Retry: slices.Contains(s.cfg.Retry.Topics, topic), Err: err}
}

// judgeGroup sorts the errors that put the client out of the group, or kept it
// from joining. The client joins again by itself.
func (s *Session) judgeGroup(err error) error {
	missing, isMissing := errors.AsType[*kafkaerr.NoOffsetError](err)
	partition, isPartition := errors.AsType[*kafkaerr.FetchError](err)
	switch {
	case isMissing:
		return missing
	case isPartition:
		return partition
	case isFinal(err), kafkaerr.IsAny(err, kerr.GroupMaxSizeReached, kerr.FencedInstanceID):
		return s.sessionError("be a member of group "+strconv.Quote(s.cfg.Group), err)
	default:
		s.warnFetch(slog.String("group", s.cfg.Group), slog.Any("error", err))
		return nil
	}
}

func (s *Session) warnFetch(attrs ...slog.Attr) {
	const what = "consuming failed; trying again"
	if s.cfg.SharedLog.Unreachable() {
		s.log.LogAttrs(context.Background(), slog.LevelDebug, what, attrs...) // The outage is said once.
		return
	}
	if time.Since(s.fetch.last) < fetchWarnEvery {
		s.fetch.more++
		return
	}
	attrs = append(attrs, slog.Int("not_logged", s.fetch.more))
	s.fetch = fetchWarnings{last: time.Now()}
	s.log.LogAttrs(context.Background(), slog.LevelWarn, what, attrs...)
}
