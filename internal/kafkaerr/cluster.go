package kafkaerr

import (
	"fmt"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/loaderline/loaderline/consumer"
)

// TopicMissingError names the topics that are not there.
type TopicMissingError struct {
	Topics []string
}

// Error implements error.
func (e *TopicMissingError) Error() string {
	return fmt.Sprintf("kafka has no topic %s: create what is missing (loaderline check PIPELINE --create-topics does so for a pipeline file), or correct the name", strings.Join(e.Topics, ", "))
}

// Is makes the error a consumer.ErrTopicMissing.
func (*TopicMissingError) Is(target error) bool { return target == consumer.ErrTopicMissing }

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

// Is makes the error a consumer.ErrTopicRecreated.
func (*TopicRecreatedError) Is(target error) bool { return target == consumer.ErrTopicRecreated }

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

// Is makes the error a consumer.ErrUnreachable.
func (*UnreachableError) Is(target error) bool { return target == consumer.ErrUnreachable }

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

// Is makes the error a consumer.ErrPlaintextPassword.
func (*PlaintextPasswordError) Is(target error) bool { return target == consumer.ErrPlaintextPassword }
