package replaystate_test

import (
	"errors"
	"testing"

	"github.com/loaderline/loaderline/internal/replaystate"
	"github.com/loaderline/loaderline/replay"
)

// TestSentinels holds each error of this package to the one error of package replay that it is.
func TestSentinels(t *testing.T) {
	wants := map[error]error{
		&replaystate.IDError{}: replay.ErrID, &replaystate.ChangedError{}: replay.ErrChanged,
		&replaystate.RemovedError{}: replay.ErrRemoved, &replaystate.TopicError{}: replay.ErrTopic,
	}
	for err, want := range wants {
		for _, sentinel := range wants {
			if got := errors.Is(err, sentinel); got != errors.Is(want, sentinel) {
				t.Errorf("%T is %q: %t", err, sentinel, got)
			}
		}
	}
}
