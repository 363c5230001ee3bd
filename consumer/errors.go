package consumer

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

var (
	// ErrRebalance is the cause with which the context of Working ends.
	ErrRebalance = errors.New("a rebalance waits for this batch")

	// ErrFenced says that another producer or member took over the identity of
	// this session. Once, it may be the broker that ended a transaction after
	// its timeout; several times in a minute, another process uses the same
	// name, instance and worker.
	ErrFenced = errors.New("fenced by a newer session with the same instance and worker")

	// ErrClosed is returned by a session after Close.
	ErrClosed = errors.New("consumer: the session is closed")
)

// ProduceError says that a record was refused for what it is or where it goes,
// so that trying again gives the same: too large, no such topic or partition,
// not allowed. Nothing was committed, and Poll gives the batch again.
type ProduceError struct {
	Topic     string
	Partition int32
	// Record is the first record that was refused.
	Record *kgo.Record
	// Refused are all that were, Record first. A broker refuses as too large
	// a whole batch of its own making, so one bad record may be among good
	// ones.
	Refused []*kgo.Record
	// Err is the reason for the first of them.
	Err error
}

// Error implements error.
func (e *ProduceError) Error() string {
	text := fmt.Sprintf("publish to topic %s: %d records refused: %v", e.Topic, len(e.Refused), e.Err)
	switch {
	case errors.Is(e.Err, kerr.UnknownTopicOrPartition), errors.Is(e.Err, kerr.UnknownTopicID):
		return text + ": create the topic, or correct its name; if it was created anew, start again"
	case isDenied(e.Err):
		return text + ": allow this user to write to the topic"
	case isTooLarge(e.Err):
		return text + ": raise max.message.bytes of the topic, or publish less"
	default:
		return text
	}
}

// Unwrap gives the reason.
func (e *ProduceError) Unwrap() error { return e.Err }

// FetchError says that a partition cannot be consumed.
type FetchError struct {
	Topic     string
	Partition int32
	Group     string
	Err       error
}

// Error implements error.
func (e *FetchError) Error() string {
	text := fmt.Sprintf("consume topic %s partition %d in group %q: %v", e.Topic, e.Partition, e.Group, e.Err)
	switch {
	case errors.Is(e.Err, kerr.OffsetOutOfRange):
		return text + ": the committed offset is not in the topic (retention removed it, or the topic was created anew): stop the group and choose where to go on with loaderline offsets set, or use another group, which begins at start"
	case errors.Is(e.Err, kerr.UnknownTopicID), errors.Is(e.Err, kerr.InconsistentTopicID):
		return text + ": the topic was deleted or created anew: stop the group, choose where to go on with loaderline offsets set, and start again"
	case errors.Is(e.Err, kgo.ErrMaxDecompress):
		return text + ": skip that batch with loaderline offsets set, while the group is stopped"
	case isDenied(e.Err):
		return text + ": allow this user to read the topic and the group"
	default:
		return text
	}
}

// Unwrap gives the reason.
func (e *FetchError) Unwrap() error { return e.Err }

// SessionError says that a session cannot go on. What it did last is not
// committed, or settled by the next session that opens with its identity.
type SessionError struct {
	// Op is what failed.
	Op string
	// Err is why; it is ErrFenced too where that is the reason.
	Err error
}

// Error implements error.
func (e *SessionError) Error() string { return fmt.Sprintf("kafka session: %s: %v", e.Op, e.Err) }

// Unwrap gives the reason.
func (e *SessionError) Unwrap() error { return e.Err }

// sessionError ends the session: its client is in no known state.
func (s *Session) sessionError(op string, err error) error {
	if isAny(err, kerr.ProducerFenced, kerr.InvalidProducerEpoch, kerr.FencedInstanceID) {
		err = fmt.Errorf("%w: %w", ErrFenced, err)
	}
	s.failed = &SessionError{Op: op, Err: err}
	return s.failed
}

// Recoverable says that err is the session's alone: close it, wait a moment
// and open a new one. Refusals, wrong settings and missing rights are not.
func Recoverable(err error) bool {
	if isDenied(err) || isAny(err, kerr.SaslAuthenticationFailed, kerr.UnsupportedVersion, kerr.InvalidTransactionTimeout,
		kerr.InvalidSessionTimeout, kerr.InvalidGroupID, kerr.InconsistentGroupProtocol) {
		return false
	}
	if _, ok := errors.AsType[*SessionError](err); ok {
		return true
	}
	_, ok := errors.AsType[*UnreachableError](err)
	return ok
}

// isRefusal says that a record's promise failed for the record or its topic,
// not for the state of the producer or the cluster.
func isRefusal(err error) bool {
	if isAny(err, kerr.UnknownTopicOrPartition, kerr.UnknownTopicID, kerr.TopicAuthorizationFailed, kerr.InvalidRecord, kerr.InvalidTopicException) || isTooLarge(err) {
		return true
	}
	if isAny(err,
		kgo.ErrAborting, kgo.ErrClientClosed, kgo.ErrRecordTimeout, kgo.ErrRecordRetries, kgo.ErrMaxBuffered,
		context.Canceled, context.DeadlineExceeded,
		kerr.ProducerFenced, kerr.InvalidProducerEpoch, kerr.InvalidProducerIDMapping, kerr.UnknownProducerID,
		kerr.OutOfOrderSequenceNumber, kerr.InvalidTxnState, kerr.TransactionAbortable, kerr.TransactionCoordinatorFenced,
		kerr.TransactionalIDAuthorizationFailed, kerr.ClusterAuthorizationFailed, kerr.UnknownServerError,
	) {
		return false
	}
	return !isTransient(err)
}

// isAbort says that an error means no more than that a rebalance, or the
// broker, wants the batch done again.
func isAbort(err error) bool {
	return isAny(err, kerr.RebalanceInProgress, kerr.IllegalGeneration, kerr.UnknownMemberID,
		kerr.StaleMemberEpoch, kerr.FencedMemberEpoch, kerr.TransactionAbortable)
}

func isTransient(err error) bool {
	return kerr.IsRetriable(err) || kgo.IsRetryableBrokerErr(err) || isNetwork(err)
}

func isTooLarge(err error) bool {
	return isAny(err, kerr.MessageTooLarge, kerr.RecordListTooLarge)
}

func isDenied(err error) bool {
	return isAny(err, kerr.TopicAuthorizationFailed, kerr.GroupAuthorizationFailed,
		kerr.ClusterAuthorizationFailed, kerr.TransactionalIDAuthorizationFailed)
}

func isAny(err error, targets ...error) bool {
	return slices.ContainsFunc(targets, func(target error) bool { return errors.Is(err, target) })
}
