package consumer

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	reachTimeout = 10 * time.Second
	reachTry     = 3 * time.Second
	reachPause   = 250 * time.Millisecond
)

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

func (k Kafka) unreachable(op string, err error) error {
	return &UnreachableError{Brokers: k.brokers(), Op: op, Err: err}
}

// reach waits until a broker answers, for reachTimeout in all. What waiting
// does not heal (credentials, certificates) ends it at once.
func reach(parent context.Context, cl *kgo.Client, k Kafka) error {
	ctx, cancel := context.WithTimeout(parent, reachTimeout)
	defer cancel()
	var last error
	for {
		try, done := context.WithTimeout(ctx, reachTry)
		err := cl.Ping(try)
		done()
		switch {
		case err == nil:
			return nil
		case isLogin(err):
			return k.unreachable("authenticate", err)
		case isCertificate(err):
			return k.unreachable("connect with TLS", err)
		case last == nil || !errors.Is(err, context.DeadlineExceeded):
			last = err // The end of a try says less than a refused connection.
		}
		if !pause(ctx) {
			if errors.Is(parent.Err(), context.Canceled) {
				return parent.Err()
			}
			op := "connect"
			if errors.Is(last, io.EOF) {
				op = "connect (the broker closes the connection: are TLS and the credentials what it wants?)"
			}
			return k.unreachable(op, last)
		}
	}
}

// takeIdentity gets a producer for the transactional ID, which ends what a
// predecessor left open. If the broker that it asks for the coordinator is
// down, it asks another.
func (s *Session) takeIdentity(ctx context.Context) error {
	_, err := settledCoordinator(ctx, func(ctx context.Context) (struct{}, error) {
		_, _, err := s.cl.ProducerID(ctx)
		return struct{}{}, err
	})
	return s.tooLong(ctx, err)
}

func isCertificate(err error) bool {
	_, invalid := errors.AsType[*tls.CertificateVerificationError](err)
	_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
	_, header := errors.AsType[tls.RecordHeaderError](err)
	return invalid || unknown || header
}
