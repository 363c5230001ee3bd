package status_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/loaderline/loaderline/internal/command/status"
	"github.com/loaderline/loaderline/internal/kafkaerr"
)

// withoutCoordinator has the cluster answer so many times that no group has a coordinator.
func (w *world) withoutCoordinator(times int) *kfake.FaultHandle {
	return w.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.FindCoordinator}, Err: kerr.CoordinatorNotAvailable, Count: times})
}

// A cluster that was just started has no coordinator for a while: it is waited for, and that is said.
func TestAGroupWithoutACoordinatorIsWaitedFor(t *testing.T) {
	w := newWorld(t)
	w.publish("in", 0, 0)
	w.withoutCoordinator(4)
	waits := 0
	w.reader.Waiting = func() { waits++ }
	if got := w.read(); got.State != status.Absent || got.Lag != 1 || waits != 1 {
		t.Errorf("it said %d times that it waits, and %+v", waits, got)
	}
}

func TestAGroupThatGetsNoCoordinator(t *testing.T) {
	w := newWorld(t)
	w.withoutCoordinator(-1)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err := w.reader.Read(ctx)
	if _, unreachable := errors.AsType[*kafkaerr.UnreachableError](err); !unreachable || !errors.Is(err, kerr.CoordinatorNotAvailable) {
		t.Errorf("got %v", err)
	}
}
