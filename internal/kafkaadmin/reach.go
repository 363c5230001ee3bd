package kafkaadmin

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/kafkaerr"
)

const (
	// ReachTimeout is how long a cluster is tried before it counts as unreachable.
	ReachTimeout = 10 * time.Second
	reachTry     = 3 * time.Second
	reachPause   = 250 * time.Millisecond
)

// Unreachable returns a *kafkaerr.UnreachableError.
func Unreachable(k consumer.Kafka, op string, err error) error {
	return &kafkaerr.UnreachableError{Brokers: brokersOf(k), Op: op, Err: err}
}

// Disconnected returns err as a *kafkaerr.UnreachableError if it says that a broker went away.
func Disconnected(k consumer.Kafka, err error) error {
	if !kafkaerr.IsDisconnected(err) || errors.Is(err, consumer.ErrUnreachable) {
		return err
	}
	return Unreachable(k, "keep the connection", err)
}

// Reach waits until a broker responds, for most in all. An error that
// waiting does not fix (credentials, certificates) ends it at once.
func Reach(parent context.Context, cl *kgo.Client, k consumer.Kafka, most time.Duration) error {
	ctx, cancel := context.WithTimeout(parent, most)
	defer cancel()
	var last error
	for {
		try, done := context.WithTimeout(ctx, reachTry)
		err := cl.Ping(try)
		done()
		switch {
		case err == nil:
			return nil
		case kafkaerr.IsLogin(err):
			return Unreachable(k, "authenticate", err)
		case isCertificate(err):
			return Unreachable(k, "connect with TLS", err)
		case last == nil || !errors.Is(err, context.DeadlineExceeded):
			last = err // The end of a try says less than a refused connection.
		}
		if !Pause(ctx) {
			if errors.Is(parent.Err(), context.Canceled) {
				return parent.Err()
			}
			op := "connect"
			if errors.Is(last, io.EOF) {
				op = "connect (the broker closes the connection: are TLS and the credentials what it wants?)"
			}
			return Unreachable(k, op, last)
		}
	}
}

func isCertificate(err error) bool {
	_, invalid := errors.AsType[*tls.CertificateVerificationError](err)
	_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
	_, header := errors.AsType[tls.RecordHeaderError](err)
	return invalid || unknown || header
}
