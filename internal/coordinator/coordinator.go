// Package coordinator waits for the coordinator of a group. A cluster that has just been started has none: it makes the topic of
// the groups' offsets when the first group is asked for.
package coordinator

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
)

// pause is the time between two questions.
const pause = 250 * time.Millisecond

// Await asks until the group has a coordinator or ctx ends, and returns the last result. If ctx ends first, IsMissing recognises
// the error, or the error says that brokers cannot be reached. waiting is called once if there is something to wait for; it may
// be nil.
func Await[T any](ctx context.Context, waiting func(), ask func(context.Context) (T, error)) (T, error) {
	answer, err := ask(ctx)
	if !passes(err) {
		return answer, err
	}
	if waiting != nil {
		waiting()
	}
	every := time.NewTicker(pause)
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

// passes says that another try may succeed: the coordinator is missing, or the broker that should find it is down. The client
// chooses that broker by chance, and does not choose another if it refuses the connection.
func passes(err error) bool {
	dial, isNet := errors.AsType[*net.OpError](err)
	return IsMissing(err) || isNet && dial.Op == "dial"
}

// IsMissing says that a request failed because the group has no coordinator at the moment.
func IsMissing(err error) bool {
	return errors.Is(err, kerr.CoordinatorNotAvailable) || errors.Is(err, kerr.CoordinatorLoadInProgress) || errors.Is(err, kerr.NotCoordinator)
}
