package loaderline

import (
	"errors"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/envelope"
	"github.com/loaderline/loaderline/internal/kafkaerr"
	"github.com/loaderline/loaderline/internal/plural"
	"github.com/loaderline/loaderline/internal/session"
	"github.com/loaderline/loaderline/sink"
)

// maxUnattributed is how many times in a row a broker may reject a transaction with no record at fault. Each time the session
// publishes half as much at once or less, so records that are accepted alone are accepted long before.
const maxUnattributed = 32

// rejections are the source records whose outcomes a broker rejected. They are dead-lettered when their micro-batch is
// polled again.
type rejections struct {
	failures map[envelope.Coordinates]*Failure
	// shortened holds sources whose dead letter was rejected once as too large; the next one obeys the new limit.
	shortened    map[envelope.Coordinates]bool
	unattributed int
}

// rejectedError says that a broker rejected records, and that the next attempt publishes others.
type rejectedError struct{ err error }

// Error implements error.
func (e *rejectedError) Error() string { return e.err.Error() }

// Unwrap returns what the broker said.
func (e *rejectedError) Unwrap() error { return e.err }

// note records the records of an output that a broker rejected. It returns a *rejectedError, or another error if polling again would
// not help.
func (r *rejections) note(refused *session.RejectedError, out *output, topics envelope.Config) error {
	if len(refused.Records) == 0 {
		if r.unattributed++; r.unattributed > maxUnattributed {
			return fmt.Errorf("refused %s, with no record at fault: %w", plural.Count(r.unattributed, "time"), refused)
		}
		return &rejectedError{refused}
	}
	r.unattributed = 0
	for _, rejection := range refused.Records {
		at := envelope.CoordinatesOf(out.origins[slices.Index(out.records, rejection.Record)])
		if rejection.Record.Topic == topics.DeadLetterTopic {
			if envelope.WireSize(rejection.Record) > topics.MaxMessageBytes(topics.DeadLetterTopic) && !r.shortened[at] {
				// The limit was lowered: the next one obeys it, if it can.
				if r.shortened == nil {
					r.shortened = map[envelope.Coordinates]bool{}
				}
				r.shortened[at] = true
				continue
			}
			return fmt.Errorf("the dead letter of topic %s partition %d offset %d is refused: %w", at.Topic, at.Partition, at.Offset, refused)
		}
		if r.failures == nil {
			r.failures = map[envelope.Coordinates]*Failure{}
		}
		r.failures[at] = failureOf(rejection)
	}
	return &rejectedError{refused}
}

func failureOf(rejection session.Rejection) *Failure {
	topic := rejection.Record.Topic
	reason, _ := errors.AsType[*kerr.Error](rejection.Err)
	switch {
	case kafkaerr.IsTooLarge(rejection.Err):
		return &Failure{
			Kind:    sink.KindTooLarge,
			Message: fmt.Sprintf("the broker refused a record of %d bytes for topic %s as too large", envelope.WireSize(rejection.Record), topic),
		}
	case errors.Is(rejection.Err, kerr.InvalidRecord) && rejection.Record.Key == nil:
		return &Failure{Kind: sink.KindEncode, Message: fmt.Sprintf("the broker refused a record without a key for topic %s (%s)", topic, reason.Message)}
	case errors.Is(rejection.Err, kerr.InvalidTimestamp):
		return &Failure{
			Kind:    sink.KindEncode,
			Message: fmt.Sprintf("the broker refused a record of %s for topic %s (%s)", rejection.Record.Timestamp.UTC().Format("2006-01-02T15:04:05.000Z"), topic, reason.Message),
		}
	default:
		return &Failure{Kind: sink.KindEncode, Message: fmt.Sprintf("the broker refused the record for topic %s (%s)", topic, reason.Message)}
	}
}

// forget drops the entries of micro-batches that were committed.
func (r *rejections) forget(batches [][]*kgo.Record) {
	r.unattributed = 0
	if len(r.failures) == 0 && len(r.shortened) == 0 {
		return
	}
	for _, batch := range batches {
		for _, src := range batch {
			at := envelope.CoordinatesOf(src)
			delete(r.failures, at)
			delete(r.shortened, at)
		}
	}
}

// failure returns why a source record is to be dead-lettered, or nil.
func (r *rejections) failure(src *kgo.Record) *Failure {
	if len(r.failures) == 0 {
		return nil
	}
	return r.failures[envelope.CoordinatesOf(src)]
}
