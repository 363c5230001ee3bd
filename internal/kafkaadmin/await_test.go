package kafkaadmin_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"go.uber.org/goleak"

	"github.com/loaderline/loaderline/internal/kafkaadmin"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestAwait(t *testing.T) {
	missing := fmt.Errorf("describe the group: %w", kerr.CoordinatorNotAvailable)
	refused := &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		answers   []error // the last one for ever
		want      error
		waits     int
		questions int
	}{
		"there at once":         {[]error{nil}, nil, 0, 1},
		"another error":         {[]error{broken}, broken, 0, 1},
		"there after a while":   {[]error{missing, kerr.CoordinatorLoadInProgress, kerr.NotCoordinator, nil}, nil, 1, 4},
		"an error after a wait": {[]error{missing, broken}, broken, 1, 2},
		"brokers that are down": {[]error{refused, refused, nil}, nil, 1, 3},
		"no broker is up":       {[]error{refused}, refused, 1, 5},
		"never there":           {[]error{missing}, missing, 1, 5},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 1100*time.Millisecond)
				defer cancel()
				waits, questions := 0, 0
				_, err := kafkaadmin.Await(ctx, func() { waits++ }, func(context.Context) (int, error) {
					answer := c.answers[min(questions, len(c.answers)-1)]
					questions++
					return questions, answer
				})
				if !errors.Is(err, c.want) || waits != c.waits || questions != c.questions {
					t.Errorf("%v after %d questions; it said %d times that it waits", err, questions, waits)
				}
			})
		})
	}
}

// The end of the time does not hide what was waited for.
func TestAwaitIsCutOffWhileItAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		first := true
		_, err := kafkaadmin.Await(ctx, nil, func(ctx context.Context) (int, error) {
			if first {
				first = false
				return 0, kerr.CoordinatorNotAvailable
			}
			<-ctx.Done()
			return 0, ctx.Err()
		})
		if !kafkaadmin.IsCoordinatorMissing(err) {
			t.Errorf("got %v", err)
		}
	})
}
