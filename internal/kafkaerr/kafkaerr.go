// Package kafkaerr classifies the errors of brokers and of the client, and has
// words for what errors and the log name.
package kafkaerr

import (
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// IsAny reports whether an error is one of several.
func IsAny(err error, targets ...error) bool {
	return slices.ContainsFunc(targets, func(target error) bool { return errors.Is(err, target) })
}

// IsDenied reports whether this user lacks a right.
func IsDenied(err error) bool {
	return IsAny(err, kerr.TopicAuthorizationFailed, kerr.GroupAuthorizationFailed,
		kerr.ClusterAuthorizationFailed, kerr.TransactionalIDAuthorizationFailed)
}

// IsLogin reports whether the brokers do not accept the credentials.
func IsLogin(err error) bool {
	return IsAny(err, kerr.SaslAuthenticationFailed, kerr.UnsupportedSaslMechanism, kerr.IllegalSaslState)
}

// IsTooLarge reports whether a record, or a batch of records, is larger than its
// topic allows.
func IsTooLarge(err error) bool {
	return IsAny(err, kerr.MessageTooLarge, kerr.RecordListTooLarge)
}

// IsProducerFenced reports whether the broker has ended a producer's transaction:
// another process has begun with its transactional ID, or it was open too long.
// What it held is aborted. An abort that is tried after it could fence the
// other process in turn.
func IsProducerFenced(err error) bool {
	// A commit gets the last one when the coordinator itself has just aborted the
	// transaction (KAFKA-20785).
	return IsAny(err, kerr.ProducerFenced, kerr.InvalidProducerEpoch, kerr.InvalidTxnState)
}

// IsDisconnected reports whether a request failed because a broker could not be reached, or went away before it responded.
func IsDisconnected(err error) bool {
	op, network := errors.AsType[*net.OpError](err)
	// A TLS alert of the other side is an operation of another name.
	return network && (op.Op == "dial" || op.Op == "read" || op.Op == "write") ||
		IsAny(err, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed) && !IsLogin(err)
}

// IsTransient reports whether the same request may succeed later.
func IsTransient(err error) bool {
	_, network := errors.AsType[net.Error](err)
	return network || kerr.IsRetriable(err) || kgo.IsRetryableBrokerErr(err)
}

// DescribePartitions returns topics and partitions in order, as a[0 1] b[2].
func DescribePartitions(partitions map[string][]int32) string {
	texts := make([]string, 0, len(partitions))
	for topic, numbers := range partitions {
		texts = append(texts, fmt.Sprintf("%s%d", topic, slices.Sorted(slices.Values(numbers))))
	}
	slices.Sort(texts)
	return strings.Join(texts, " ")
}
