// Package coordinator waits for the coordinator of a group. A cluster that has just been started has none: it makes the topic of
// the groups' offsets when the first group is asked for.
package coordinator

import (
	"context"
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
)

// pause is the time between two questions.
const pause = 250 * time.Millisecond

// Await asks until the group has a coordinator or ctx ends, and answers the last answer. Where ctx ends first, the error is one
// that IsMissing knows. waiting is called once where there is something to wait for; it may be nil.
func Await[T any](ctx context.Context, waiting func(), ask func(context.Context) (T, error)) (T, error) {
	answer, err := ask(ctx)
	if !IsMissing(err) {
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
		if answer, err = again, failure; !IsMissing(err) {
			return answer, err
		}
	}
}

// IsMissing says that a request failed because the group has no coordinator at the moment.
func IsMissing(err error) bool {
	return errors.Is(err, kerr.CoordinatorNotAvailable) || errors.Is(err, kerr.CoordinatorLoadInProgress) || errors.Is(err, kerr.NotCoordinator)
}
