package kafkaadmin

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
)

// coordinatorPause is the time between two questions.
const coordinatorPause = 250 * time.Millisecond

// AwaitCoordinator asks until the group has a coordinator or ctx ends, and returns the last result. If ctx ends first, IsCoordinatorMissing recognises
// the error, or the error says that brokers cannot be reached. waiting is called once if there is something to wait for; it may
// be nil.
func AwaitCoordinator[T any](ctx context.Context, waiting func(), ask func(context.Context) (T, error)) (T, error) {
	answer, err := ask(ctx)
	if !passes(err) {
		return answer, err
	}
	if waiting != nil {
		waiting()
	}
	every := time.NewTicker(coordinatorPause)
	defer every.Stop()
	for {
		select {
		case <-every.C:
		case <-ctx.Done():
			return answer, err
		}
		again, failure := ask(ctx)
		if ctx.Err() != nil && failure != nil {
			return answer, err // It says no more than that the time is over.
		}
		if answer, err = again, failure; !passes(err) {
			return answer, err
		}
	}
}

// passes reports whether another try may succeed: the coordinator is missing, or the broker that should find it is down. The
// client chooses that broker by chance, and does not choose another if it refuses the connection.
func passes(err error) bool {
	dial, isNet := errors.AsType[*net.OpError](err)
	return IsCoordinatorMissing(err) || isNet && dial.Op == "dial"
}

// IsCoordinatorMissing reports whether a request failed because the group has no coordinator at the moment.
func IsCoordinatorMissing(err error) bool {
	return errors.Is(err, kerr.CoordinatorNotAvailable) || errors.Is(err, kerr.CoordinatorLoadInProgress) || errors.Is(err, kerr.NotCoordinator)
}
