package session

import (
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/kafkaerr"
)

var (
	// ErrRebalance is the cause with which the context of Working ends.
	ErrRebalance = errors.New("a rebalance waits for this batch")

	// ErrClosed is returned by a session after Close.
	ErrClosed = errors.New("consumer: the session is closed")
)

// RejectedError says that the broker rejected records because of their content, so that publishing them again would
// fail again. Nothing was committed, and Poll returns the batch again. If a topic rejects all records, the error is a
// *kafkaerr.ProduceError alone.
type RejectedError struct {
	// First is the first rejection.
	First *kafkaerr.ProduceError
	// Records are at fault: each was refused when it was published alone, as
	// too large, without a key or with a timestamp that the topic does not
	// take. Without any, they were too large together only: the session has
	// found out how much its topic takes at once, and will keep to that.
	Records []Rejection
}

// Rejection is a record that a broker rejected, and the reason.
type Rejection struct {
	Record *kgo.Record
	Err    error
}

// Error implements error.
func (e *RejectedError) Error() string { return e.First.Error() }

// Unwrap returns the first refusal.
func (e *RejectedError) Unwrap() error { return e.First }

// Error says that a session cannot continue. Its last step was not committed, or the next session with its identity
// settles it.
type Error struct {
	// Op is what failed.
	Op string
	// Err is why; it is consumer.ErrFenced or consumer.ErrTransactionTimeout too where that is
	// the reason.
	Err error
}

// Error implements error.
func (e *Error) Error() string { return fmt.Sprintf("kafka session: %s: %v", e.Op, e.Err) }

// Unwrap gives the reason.
func (e *Error) Unwrap() error { return e.Err }

// sessionError ends the session: its client is in no known state.
func (s *Session) sessionError(op string, err error) error {
	switch {
	case kafkaerr.IsProducerFenced(err) && s.overtime():
		err = fmt.Errorf("%w: %w", consumer.ErrTransactionTimeout, err)
	case kafkaerr.IsProducerFenced(err), errors.Is(err, kerr.FencedInstanceID):
		err = fmt.Errorf("%w: %w", consumer.ErrFenced, err)
	}
	s.failed = &Error{Op: op, Err: err}
	return s.failed
}

// isFinal reports whether neither waiting nor another session fixes an error: rights are missing, or credentials or a
// setting are wrong. It applies to every request: to fetch, to join the group, to stay in it, to publish, to commit.
func isFinal(err error) bool {
	_, plaintext := errors.AsType[*kafkaerr.PlaintextPasswordError](err)
	_, noOffset := errors.AsType[*kafkaerr.NoOffsetError](err)
	_, partition := errors.AsType[*kafkaerr.FetchError](err)
	return plaintext || noOffset || partition || kafkaerr.IsDenied(err) || kafkaerr.IsLogin(err) ||
		kafkaerr.IsAny(err, kerr.UnsupportedVersion, kerr.InvalidTransactionTimeout, kerr.InvalidSessionTimeout,
			kerr.InvalidGroupID, kerr.InconsistentGroupProtocol)
}

// Recoverable reports whether a new session may succeed: close this one, wait a moment and open a new one. Rejections, wrong
// settings and missing permissions are not recoverable.
func Recoverable(err error) bool {
	if isFinal(err) {
		return false
	}
	if _, ok := errors.AsType[*Error](err); ok {
		return true
	}
	_, ok := errors.AsType[*kafkaerr.UnreachableError](err)
	return ok
}

// errNoPartition stands for the client's own error about a partition that was
// set and is not there.
var errNoPartition = errors.New("the topic has no such partition")

// isTopicRefusal reports whether a topic takes no record, whatever is in it.
func isTopicRefusal(err error) bool {
	return kafkaerr.IsAny(err, kerr.UnknownTopicOrPartition, kerr.UnknownTopicID, kerr.TopicAuthorizationFailed, kerr.InvalidTopicException,
		kerr.PolicyViolation, kerr.UnsupportedForMessageFormat, kerr.UnsupportedCompressionType, errNoPartition)
}

// isRecordRefusal reports whether a record, or one that was published with it, is not what its topic takes. All other errors
// are of the producer or the cluster, and pass.
func isRecordRefusal(err error) bool {
	return kafkaerr.IsTooLarge(err) || kafkaerr.IsAny(err, kerr.InvalidRecord, kerr.InvalidTimestamp)
}

// isAbort reports whether an error means no more than that a rebalance, or the
// broker, wants the batch done again.
func isAbort(err error) bool {
	return kafkaerr.IsAny(err, kerr.RebalanceInProgress, kerr.IllegalGeneration, kerr.UnknownMemberID,
		kerr.StaleMemberEpoch, kerr.FencedMemberEpoch, kerr.TransactionAbortable)
}
