package loaderline

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/session"
	"github.com/loaderline/loaderline/stages"
)

// Each failure has one verdict, also where another error wraps it.
func TestTheTableOfFailures(t *testing.T) {
	lost := &session.Error{Op: "end a transaction", Err: consumer.ErrFenced}
	denied := &session.Error{Op: "commit offsets", Err: kerr.GroupAuthorizationFailed}
	refused := &consumer.ProduceError{Topic: "out", Err: kerr.MessageTooLarge}
	for name, c := range map[string]struct {
		err           error
		running, ends verdict // ends is for when the drain is over
	}{
		"overflow":           {&overflowError{}, verdict{AbortedByOverflow, takeFewer}, verdict{AbortedByOverflow, takeFewer}},
		"rebalance":          {session.ErrRebalance, verdict{AbortedByRebalance, pollAgain}, verdict{AbortedByRebalance, pollAgain}},
		"records rejected":   {&rejectedError{refused}, verdict{AbortedByRefusal, pollAgain}, verdict{AbortedByRefusal, pollAgain}},
		"topic refuses":      {refused, verdict{AbortedByError, stop}, verdict{AbortedByError, stop}},
		"session lost":       {lost, verdict{AbortedByError, reopen}, verdict{AbortedByShutdown, reopen}},
		"Kafka away":         {&consumer.UnreachableError{}, verdict{AbortedByError, reopen}, verdict{AbortedByShutdown, reopen}},
		"session denied":     {denied, verdict{AbortedByError, stop}, verdict{AbortedByError, stop}},
		"outage":             {&stages.OutageError{Err: errors.New("refused")}, verdict{AbortedByOutage, awaitSource}, verdict{AbortedByShutdown, pollAgain}},
		"source misused":     {&stages.FatalError{Err: errors.New("no such table")}, verdict{AbortedByError, stop}, verdict{AbortedByShutdown, pollAgain}},
		"lookup interrupted": {context.Canceled, verdict{AbortedByError, stop}, verdict{AbortedByShutdown, pollAgain}},
		"too many dead":      {&DeadLetterLimitError{}, verdict{AbortedByError, stop}, verdict{AbortedByShutdown, pollAgain}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, err := range []error{c.err, fmt.Errorf("worker 1: %w", c.err), errors.Join(c.err, errors.New("beside it"))} {
				if got := judge(err, false); got != c.running {
					t.Errorf("%v: %+v, want %+v", err, got, c.running)
				}
				if got := judge(err, true); got != c.ends {
					t.Errorf("%v, after the drain: %+v, want %+v", err, got, c.ends)
				}
			}
		})
	}
}
