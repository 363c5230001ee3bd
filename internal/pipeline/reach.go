package pipeline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v4"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/sqllookup"
)

// connectTime bounds the tries to reach a source at start.
const connectTime = 10 * time.Second

// UnreachableError says that a source did not answer at start, or will never answer as it is configured.
type UnreachableError struct {
	Source string
	Err    error
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
	tries := backoff.NewExponentialBackOff(backoff.WithInitialInterval(200*time.Millisecond), backoff.WithMaxElapsedTime(connectTime))
	err := backoff.Retry(func() error {
		err := ping(ctx)
		said, _ := errors.AsType[*sqllookup.Error](err)
		switch {
		case said != nil && said.Code() == "SQLITE_CANTOPEN":
			return backoff.Permanent(fmt.Errorf("%w: is it there, and may it be read? a path is relative to the pipeline file", err))
		case stages.ClassOf(err) == stages.Fatal:
			return backoff.Permanent(err)
		default:
			return err
		}
	}, backoff.WithContext(tries, ctx))
	if err != nil {
		return &UnreachableError{Source: source, Err: err}
	}
	return nil
}
