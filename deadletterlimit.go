package loaderline

import (
	"fmt"

	"github.com/loaderline/loaderline/internal/plural"
)

// The defaults of Config.DeadLetterLimit and Config.DeadLetterWindow.
const (
	DefaultDeadLetterLimit  = 0.5
	DefaultDeadLetterWindow = 1000
)

// DeadLetterLimitError says that a pipeline stopped because too many of its latest events would be dead letters. Nothing of
// the transaction that would exceed the limit is published or committed.
type DeadLetterLimitError struct {
	Limit  float64 // the share that is allowed
	Events int     // the number of latest events
	Dead   int     // the number of dead letters among them
	// Retried says that the limit was exceeded by events that came out of retry topics. Dead is then weighted: see
	// Config.DeadLetterWindow.
	Retried bool
	// Most is the most frequent reason in the last transaction. Message is the message of one of its dead letters, without
	// keys and values: see Config.LogWords.
	Most    DeadLetter
	Message string
}

// Error implements error.
func (e *DeadLetterLimitError) Error() string {
	where := ""
	if e.Most.Stage != "" {
		where = " in stage " + e.Most.Stage
	}
	retried := ""
	if e.Retried {
		retried = " after their retries"
	}
	return fmt.Sprintf("%d of the latest %s would be dead letters%s, more than the limit of %g %%; most are of kind %s%s: %s",
		e.Dead, plural.Count(e.Events, "event"), retried, 100*e.Limit, e.Most.Kind, where, e.Message)
}
