package loaderline

import "github.com/loaderline/loaderline/internal/deadletterlimit"

// ErrDeadLetterLimit says that a pipeline stopped because too many of its latest events would be dead letters: see
// Config.DeadLetterLimit. Nothing of the transaction that would exceed the limit is published or committed. The error's text
// has the numbers and the most frequent reason.
var ErrDeadLetterLimit = deadletterlimit.ErrExceeded
