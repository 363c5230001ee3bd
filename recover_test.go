package loaderline

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/abort"
	"github.com/loaderline/loaderline/internal/deadletterlimit"
	"github.com/loaderline/loaderline/internal/kafkaerr"
	"github.com/loaderline/loaderline/internal/loaderr"
	"github.com/loaderline/loaderline/internal/session"
)

// Each failure has one verdict, also where another error wraps it.
func TestTheTableOfFailures(t *testing.T) {
	t.Parallel()
	lost := &session.Error{Op: "end a transaction", Err: consumer.ErrFenced}
	denied := &session.Error{Op: "commit offsets", Err: kerr.GroupAuthorizationFailed}
	refused := &kafkaerr.ProduceError{Topic: "out", Err: kerr.MessageTooLarge}
	for name, c := range map[string]struct {
		err           error
		running, ends verdict // ends is for when the drain is over
	}{
		"overflow":           {&overflowError{}, verdict{abort.Overflow, takeFewer}, verdict{abort.Overflow, takeFewer}},
		"rebalance":          {session.ErrRebalance, verdict{abort.Rebalance, pollAgain}, verdict{abort.Rebalance, pollAgain}},
		"records rejected":   {&rejectedError{refused}, verdict{abort.Refusal, pollAgain}, verdict{abort.Refusal, pollAgain}},
		"topic refuses":      {refused, verdict{abort.Error, stop}, verdict{abort.Error, stop}},
		"session lost":       {lost, verdict{abort.Error, reopen}, verdict{abort.Shutdown, reopen}},
		"Kafka away":         {&kafkaerr.UnreachableError{}, verdict{abort.Error, reopen}, verdict{abort.Shutdown, reopen}},
		"session denied":     {denied, verdict{abort.Error, stop}, verdict{abort.Error, stop}},
		"outage":             {&loaderr.OutageError{Err: errors.New("refused")}, verdict{abort.Outage, awaitSource}, verdict{abort.Shutdown, pollAgain}},
		"source misused":     {&loaderr.FatalError{Err: errors.New("no such table")}, verdict{abort.Error, stop}, verdict{abort.Shutdown, pollAgain}},
		"lookup interrupted": {context.Canceled, verdict{abort.Error, stop}, verdict{abort.Shutdown, pollAgain}},
		"too many dead":      {&deadletterlimit.ExceededError{}, verdict{abort.Error, stop}, verdict{abort.Shutdown, pollAgain}},
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
