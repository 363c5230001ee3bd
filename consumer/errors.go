package consumer

import (
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
	// this session. Once, it may be the broker's doing; several times in a
	// minute, another process uses the same name, instance and worker.
	ErrFenced = errors.New("fenced by a newer session with the same instance and worker")

	// ErrTransactionTimeout says that the broker ended a transaction that took
	// longer than Config.TransactionTimeout. It does so by fencing, so nobody
	// else need be at work.
	ErrTransactionTimeout = errors.New("the transaction took longer than the transaction timeout: raise it, or take fewer records at once")

	// ErrClosed is returned by a session after Close.
	ErrClosed = errors.New("consumer: the session is closed")
)

// ProduceError says that records were refused for what they are or where they
// go, so that trying the same again gives the same. Nothing was committed, and
// Poll gives the batch again.
type ProduceError struct {
	// Topic, Partition and Err are of the first refusal that came.
	Topic     string
	Partition int32
	Err       error
	// OfTopic says that the topic refuses whatever is published to it: it is
	// missing, has no such partition, or is not allowed. Records is empty.
	OfTopic bool
	// Records are at fault: each was refused when it was published alone, as
	// too large, without a key or with a timestamp that the topic does not
	// take. Where there is none and the topic is not at fault either, they
	// were too large together only: the session has found out how much its
	// topic takes at once, and will keep to that.
	Records []Refusal
}

// Refusal is a record that a broker does not take, and why.
type Refusal struct {
	Record *kgo.Record
	Err    error
}

// Error implements error.
func (e *ProduceError) Error() string {
	text := fmt.Sprintf("publish to topic %s: %v", e.Topic, e.Err)
	switch {
	case isAny(e.Err, kerr.UnknownTopicOrPartition, kerr.UnknownTopicID):
		return text + ": create the topic, or correct its name; if it was created anew, take the new one with loaderline offsets accept, and start again"
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
	// Retry says that the topic is one of Config.Retry.Topics.
	Retry bool
	Err   error
}

// Error implements error.
func (e *FetchError) Error() string {
	text := fmt.Sprintf("consume topic %s partition %d in group %q: %v", e.Topic, e.Partition, e.Group, e.Err)
	recreated := isAny(e.Err, kerr.UnknownTopicID, kerr.InconsistentTopicID)
	switch {
	case errors.Is(e.Err, kerr.OffsetOutOfRange) && e.Retry:
		return text + ": the committed offset is not in the topic (retention removed it, or the topic was created anew): stop the group, go on with the oldest record with loaderline offsets accept, and start again"
	case recreated && e.Retry:
		return text + ": the topic was deleted or created anew: stop the group, take the new topic with loaderline offsets accept, and start again"
	case errors.Is(e.Err, kerr.OffsetOutOfRange):
		return text + ": the committed offset is not in the topic (retention removed it, or the topic was created anew): stop the group and choose where to go on with loaderline offsets set, or use another group, which begins at start"
	case recreated:
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
	// Err is why; it is ErrFenced or ErrTransactionTimeout too where that is
	// the reason.
	Err error
}

// Error implements error.
func (e *SessionError) Error() string { return fmt.Sprintf("kafka session: %s: %v", e.Op, e.Err) }

// Unwrap gives the reason.
func (e *SessionError) Unwrap() error { return e.Err }

// sessionError ends the session: its client is in no known state.
func (s *Session) sessionError(op string, err error) error {
	switch {
	case IsProducerFenced(err) && s.overtime():
		err = fmt.Errorf("%w: %w", ErrTransactionTimeout, err)
	case IsProducerFenced(err), errors.Is(err, kerr.FencedInstanceID):
		err = fmt.Errorf("%w: %w", ErrFenced, err)
	}
	s.failed = &SessionError{Op: op, Err: err}
	return s.failed
}

// IsProducerFenced says that the broker has ended a producer's transaction:
// another process has begun with its transactional ID, or it was open too long.
// What it held is aborted. An abort that is tried after it could fence the
// other process in turn.
func IsProducerFenced(err error) bool {
	// The last is the answer to a commit that comes as the coordinator itself has just aborted the transaction
	// (KAFKA-20785).
	return isAny(err, kerr.ProducerFenced, kerr.InvalidProducerEpoch, kerr.InvalidTxnState)
}

// isFinal says that neither waiting nor another session fixes an error: rights
// are missing, or credentials or a setting are wrong. It applies to every
// request: to fetch, to join the group, to stay in it, to publish, to commit.
func isFinal(err error) bool {
	_, plaintext := errors.AsType[*PlaintextPasswordError](err)
	_, noOffset := errors.AsType[*NoOffsetError](err)
	_, partition := errors.AsType[*FetchError](err)
	return plaintext || noOffset || partition || isDenied(err) || isLogin(err) ||
		isAny(err, kerr.UnsupportedVersion, kerr.InvalidTransactionTimeout, kerr.InvalidSessionTimeout,
			kerr.InvalidGroupID, kerr.InconsistentGroupProtocol)
}

// isLogin says that the brokers do not accept the credentials.
func isLogin(err error) bool {
	return isAny(err, kerr.SaslAuthenticationFailed, kerr.UnsupportedSaslMechanism, kerr.IllegalSaslState)
}

// Recoverable says that err is the session's alone: close it, wait a moment
// and open a new one. Refusals, wrong settings and missing rights are not.
func Recoverable(err error) bool {
	if isFinal(err) {
		return false
	}
	if _, ok := errors.AsType[*SessionError](err); ok {
		return true
	}
	_, ok := errors.AsType[*UnreachableError](err)
	return ok
}

// errNoPartition stands for the client's own error about a partition that was
// set and is not there.
var errNoPartition = errors.New("the topic has no such partition")

// isTopicRefusal says that a topic takes no record, whatever is in it.
func isTopicRefusal(err error) bool {
	return isAny(err, kerr.UnknownTopicOrPartition, kerr.UnknownTopicID, kerr.TopicAuthorizationFailed, kerr.InvalidTopicException,
		kerr.PolicyViolation, kerr.UnsupportedForMessageFormat, kerr.UnsupportedCompressionType, errNoPartition)
}

// isRecordRefusal says that a record, or one that was published with it, is
// not what its topic takes. All other errors are of the producer or the
// cluster, and pass.
func isRecordRefusal(err error) bool {
	return isTooLarge(err) || isAny(err, kerr.InvalidRecord, kerr.InvalidTimestamp)
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
