package deadletterlimit

import (
	"errors"
	"fmt"

	"github.com/loaderline/loaderline/internal/plural"
)

// ErrExceeded is what each ExceededError is, for errors.Is.
var ErrExceeded = errors.New("too many of the latest events would be dead letters")

// ExceededError says that a transaction would exceed the limit.
type ExceededError struct {
	Limit float64 // The share that is allowed.
	// Events is the number of the latest events. Dead is the number of dead
	// letters among them.
	Events, Dead int
	// Retried reports whether they came out of retry topics. Dead is then weighted, see
	// Counts.
	Retried bool
	// Kind, Stage and Message describe the most frequent reason in the
	// transaction. Reserve leaves them empty. Message has no keys and values.
	Kind, Stage, Message string
}

// Error implements error.
func (e *ExceededError) Error() string {
	stage := ""
	if e.Stage != "" {
		stage = " in stage " + e.Stage
	}
	retried := ""
	if e.Retried {
		retried = " after their retries"
	}
	return fmt.Sprintf("%d of the latest %s would be dead letters%s, more than the limit of %g %%; most are of kind %s%s: %s",
		e.Dead, plural.Count(e.Events, "event"), retried, 100*e.Limit, e.Kind, stage, e.Message)
}

// Is makes the error an ErrExceeded.
func (*ExceededError) Is(target error) bool { return target == ErrExceeded }

func (l *Limit) exceededBy(s Share, retried bool) *ExceededError {
	return &ExceededError{Limit: l.limit, Events: s.Events, Dead: (s.Dead + Whole/2) / Whole, Retried: retried}
}
