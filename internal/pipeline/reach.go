package pipeline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v4"

	"github.com/loaderline/loaderline/internal/strictyaml"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// connectTime bounds the tries to reach a source at start.
const connectTime = 10 * time.Second

// UnreachableError says that a source did not answer at start, or will never answer as it is configured.
type UnreachableError struct {
	Source string
	Err    error
	// Permanent says that waiting does not fix it.
	Permanent bool
}

func (e *UnreachableError) Error() string {
	return fmt.Sprintf("source %s is %s", e.Source, e.Reason())
}

// Reason is the error without the source's name.
func (e *UnreachableError) Reason() string {
	if stages.ClassOf(e.Err) == stages.Fatal {
		return fmt.Sprintf("not usable: %v", e.Err)
	}
	return fmt.Sprintf("not reachable: %v", e.Err)
}

// Unwrap is why.
func (e *UnreachableError) Unwrap() error { return e.Err }

// Reach waits until a source answers a ping, for about 10 s. What waiting does not heal ends it at once: a login that
// is refused, a database or a file that is not there. Its error is an *UnreachableError.
func Reach(ctx context.Context, source string, ping func(context.Context) error) error {
	return reach(ctx, source, connectTime, ping, func(error) {})
}

// reach tries until it succeeds, for a limited time; 0 means no limit. It calls onAway for each failed try that another
// may follow. The error is an *UnreachableError, or the *strictyaml.Errors of a try.
func reach(ctx context.Context, source string, limit time.Duration, try func(context.Context) error, onAway func(error)) error {
	waits := backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(200*time.Millisecond), backoff.WithMaxInterval(5*time.Second), backoff.WithMaxElapsedTime(limit))
	var problem error
	err := backoff.RetryNotify(func() error {
		problem = reachOnce(ctx, source, try)
		if !isAway(problem) {
			return backoff.Permanent(problem)
		}
		return problem
	}, backoff.WithContext(waits, ctx), func(err error, _ time.Duration) { onAway(errors.Unwrap(err)) })
	if err == nil {
		return nil
	}
	return problem
}

// reachOnce tries once, with the errors of reach.
func reachOnce(ctx context.Context, source string, try func(context.Context) error) error {
	err := try(ctx)
	if away, is := errors.AsType[*UnreachableError](err); is {
		err = away.Err
	}
	said, _ := errors.AsType[lookup.Error](err)
	_, wrongFile := errors.AsType[*strictyaml.Error](err)
	switch {
	case err == nil || wrongFile:
		return err
	case said != nil && said.Code() == "SQLITE_CANTOPEN":
		err = fmt.Errorf("%w: does it exist, and is it readable? a path is relative to the pipeline file", err)
		return &UnreachableError{Source: source, Err: err, Permanent: true}
	default:
		return &UnreachableError{Source: source, Err: err, Permanent: stages.ClassOf(err) == stages.Fatal}
	}
}
