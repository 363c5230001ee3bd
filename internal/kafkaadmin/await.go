package kafkaadmin

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/loaderline/loaderline/internal/kafkaerr"
)

// awaitPause is the time between two questions.
const awaitPause = 250 * time.Millisecond

// Await asks until brokers can be reached and the group has a coordinator, or ctx ends, and returns the last result. So ask
// has to be a request that may be repeated. If ctx ends first, the error says what was waited for: IsCoordinatorMissing
// recognises the one, kafkaerr.IsDisconnected the other. waiting is called once if there is something to wait for; it may be
// nil.
func Await[T any](ctx context.Context, waiting func(), ask func(context.Context) (T, error)) (T, error) {
	answer, err := ask(ctx)
	if !passes(err) {
		return answer, err
	}
	if waiting != nil {
		waiting()
	}
	every := time.NewTicker(awaitPause)
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

// AwaitBriefly is Await for about ten seconds.
func AwaitBriefly[T any](ctx context.Context, ask func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, ReachTimeout)
	defer cancel()
	return Await(ctx, nil, ask)
}

// passes reports whether another try may succeed. The client chooses a broker by chance, and does not always choose another
// if it refuses the connection. Before a request for offsets, the client looks up the IDs of the topics; if it reaches no
// broker then, it says that they are unknown.
func passes(err error) bool {
	return IsCoordinatorMissing(err) || kafkaerr.IsDisconnected(err) || kafkaerr.IsAny(err, kerr.UnknownTopicID, kerr.UnknownTopicOrPartition)
}

// IsCoordinatorMissing reports whether a request failed because the group has no coordinator at the moment.
func IsCoordinatorMissing(err error) bool {
	return kafkaerr.IsAny(err, kerr.CoordinatorNotAvailable, kerr.CoordinatorLoadInProgress, kerr.NotCoordinator)
}
