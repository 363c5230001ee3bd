package consumer

import "errors"

// The errors that a pipeline ends with, for errors.Is. Their text names the
// topic, the partition or the broker, and says what to do. They wrap what the
// client or a broker returned, if anything: errors.Is finds
// kerr.TopicAuthorizationFailed, for example.
var (
	// ErrFenced says that another process took over the identity of this one: it
	// uses the same pipeline name and instance.
	ErrFenced = errors.New("fenced by a newer session with the same instance and worker")

	// ErrTransactionTimeout says that the broker ended a transaction that took longer than Config.TransactionTimeout.
	// The broker does so by fencing, so this error does not mean that another process is active.
	ErrTransactionTimeout = errors.New("the transaction took longer than the transaction timeout: raise it, or take fewer records at once")

	// ErrUnreachable says that no broker could be reached, or that none accepted
	// the login.
	ErrUnreachable = errors.New("no broker can be reached")

	// ErrTopicMissing says that a topic does not exist.
	ErrTopicMissing = errors.New("a topic does not exist")

	// ErrTopicRecreated says that a topic was deleted and created again while a
	// pipeline ran, or since it last ran. Nothing of the new topic was read, and
	// nothing was published to it.
	ErrTopicRecreated = errors.New("a topic was deleted and created again")

	// ErrNoOffset says that the group has no committed offset for a topic, and
	// that Config.Start is StartNone.
	ErrNoOffset = errors.New("the group has no committed offset, and start is none")

	// ErrPlaintextPassword says that a password would be sent without TLS. See
	// Kafka.AllowPlaintextPassword.
	ErrPlaintextPassword = errors.New("a password would be sent without TLS")
)
