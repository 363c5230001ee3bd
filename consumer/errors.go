package consumer

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/kafkaerr"
)

var (
	// ErrFenced says that another process took over the identity of this one: it
	// uses the same pipeline name and instance.
	ErrFenced = errors.New("fenced by a newer session with the same instance and worker")

	// ErrTransactionTimeout says that the broker ended a transaction that took
	// longer than Config.TransactionTimeout. It does so by fencing, so nobody
	// else need be at work.
	ErrTransactionTimeout = errors.New("the transaction took longer than the transaction timeout: raise it, or take fewer records at once")
)

// ProduceError says that a topic refuses what is published to it: it is
// missing, has no such partition, or is not allowed. Nothing was committed.
type ProduceError struct {
	Topic     string
	Partition int32
	Err       error
}

// Error implements error.
func (e *ProduceError) Error() string {
	text := fmt.Sprintf("publish to topic %s: %v", e.Topic, e.Err)
	switch {
	case kafkaerr.IsAny(e.Err, kerr.UnknownTopicOrPartition, kerr.UnknownTopicID):
		return text + ": create the topic, or correct its name; if it was created anew, take the new one with loaderline offsets accept, and start again"
	case kafkaerr.IsDenied(e.Err):
		return text + ": allow this user to write to the topic"
	case kafkaerr.IsTooLarge(e.Err):
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
	// Retry says that the topic is a retry topic.
	Retry bool
	Err   error
}

// Error implements error.
func (e *FetchError) Error() string {
	text := fmt.Sprintf("consume topic %s partition %d in group %q: %v", e.Topic, e.Partition, e.Group, e.Err)
	recreated := kafkaerr.IsAny(e.Err, kerr.UnknownTopicID, kerr.InconsistentTopicID)
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
	case kafkaerr.IsDenied(e.Err):
		return text + ": allow this user to read the topic and the group"
	default:
		return text
	}
}

// Unwrap gives the reason.
func (e *FetchError) Unwrap() error { return e.Err }

// NoOffsetError says that the group has no committed offset for a topic and
// that Start is none.
type NoOffsetError struct {
	Group      string
	Partitions map[string][]int32 // The partitions without one, by topic.
}

// Error implements error.
func (e *NoOffsetError) Error() string {
	return fmt.Sprintf("group %q has no committed offset for %s and start is none: set its offsets (loaderline offsets set) or choose another start",
		e.Group, kafkaerr.DescribePartitions(e.Partitions))
}

// TopicMissingError names the topics that are not there.
type TopicMissingError struct {
	Topics []string
}

// Error implements error.
func (e *TopicMissingError) Error() string {
	return fmt.Sprintf("kafka has no topic %s: create what is missing (loaderline check PIPELINE --create-topics does so for a pipeline file), or correct the name", strings.Join(e.Topics, ", "))
}

// TopicRecreatedError says that a topic was deleted and created again while a
// pipeline ran, or since it last ran. Offsets of the old topic say nothing
// about the new one, so the session has read and published nothing of the new
// one.
type TopicRecreatedError struct {
	Topic string
	// Role is what the pipeline uses the topic for: input, retry, output
	// or dead-letter.
	Role string
}

// Error implements error.
func (e *TopicRecreatedError) Error() string {
	text := fmt.Sprintf("the %s topic %s was deleted and created again: ", e.Role, e.Topic)
	if e.Role == "input" {
		return text + "stop all processes of the pipeline, choose where to go on with loaderline offsets set PIPELINE --to earliest, or another position, for all partitions, and start again"
	}
	return text + "stop all processes of the pipeline, take the new topic with loaderline offsets accept PIPELINE, and start again"
}

// UnreachableError says that no broker answered, or that none let us in. It
// names the brokers and never credentials.
type UnreachableError struct {
	Brokers []string
	Op      string // What was tried.
	Err     error  // The last reason.
}

// Error implements error.
func (e *UnreachableError) Error() string {
	return fmt.Sprintf("kafka at %s: %s: %v", strings.Join(e.Brokers, ", "), e.Op, e.Err)
}

// Unwrap gives the reason.
func (e *UnreachableError) Unwrap() error { return e.Err }

// TransactionTimeoutError says that Config.TransactionTimeout is longer than
// the brokers let transactions become. Nothing was begun.
type TransactionTimeoutError struct {
	Timeout time.Duration
	// Most is the brokers' transaction.max.timeout.ms; zero where it may not be
	// read.
	Most time.Duration
}

// Error implements error.
func (e *TransactionTimeoutError) Error() string {
	most := ""
	if e.Most > 0 {
		most = ", " + e.Most.String()
	}
	return fmt.Sprintf("the transaction timeout is %v, longer than the brokers allow%s: lower it, or raise transaction.max.timeout.ms of the brokers", e.Timeout, most)
}

// Unwrap returns the brokers' error.
func (e *TransactionTimeoutError) Unwrap() error { return kerr.InvalidTransactionTimeout }

// PlaintextPasswordError says that a password would leave this machine without
// TLS, which AllowPlaintextPassword does not allow.
type PlaintextPasswordError struct {
	// Advertised is the broker that the cluster sends its clients to; empty
	// where Brokers themselves are elsewhere.
	Advertised string
}

// Error implements error.
func (e *PlaintextPasswordError) Error() string {
	const remedy = "turn TLS on, or set AllowPlaintextPassword if the network is trusted"
	if e.Advertised != "" {
		return fmt.Sprintf("kafka: the cluster advertises broker %s, to which a password would be sent without TLS: %s", e.Advertised, remedy)
	}
	return "kafka: a password would be sent without TLS: " + remedy
}
