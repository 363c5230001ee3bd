package pipeline

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v4"

	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/sqllookup"
)

// connectTime bounds the tries to reach a source at start.
const connectTime = 10 * time.Second

// UnreachableError says that a source did not answer at start.
type UnreachableError struct {
	Source string
	Err    error
}

func (e *UnreachableError) Error() string {
	return fmt.Sprintf("source %s is not reachable: %v", e.Source, e.Err)
}
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

// WrongQuery places an error of sqllookup's Lookup in the file. The place names the stage already.
func WrongQuery(file *pipelinefile.File, stage string, err error) *pipelinefile.Error {
	return file.Errorf("stages."+stage+".query", "%s", strings.TrimPrefix(err.Error(), "stage "+stage+": "))
}
