package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/loaderline/loaderline/internal/admin"
	"github.com/loaderline/loaderline/internal/instance"
	"github.com/loaderline/loaderline/internal/kafkaadmin"
	"github.com/loaderline/loaderline/internal/kafkaerr"
	"github.com/loaderline/loaderline/internal/offsetexpr"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/replaystate"
	"github.com/loaderline/loaderline/internal/strictyaml"
	"github.com/loaderline/loaderline/internal/tlsfiles"
)

// The exit codes.
const (
	ExitDone        = 0
	ExitFailed      = 1 // at run time
	ExitUsage       = 2 // wrong usage or a wrong file
	ExitUnreachable = 3 // something it needs is not reachable at start
)

// UsageError says that a command was called wrongly.
type UsageError struct{ err error }

func (e *UsageError) Error() string { return e.err.Error() }

// Unwrap is what is wrong.
func (e *UsageError) Unwrap() error { return e.err }

// AsUsage returns an error as a *UsageError.
func AsUsage(err error) error { return &UsageError{err} }

// Usagef makes a *UsageError.
func Usagef(format string, args ...any) error { return AsUsage(fmt.Errorf(format, args...)) }

// ReportedError is an error whose details have been written already.
type ReportedError struct {
	Text string
	Err  error
}

func (e *ReportedError) Error() string { return e.Text }

// Unwrap is the error with its details.
func (e *ReportedError) Unwrap() error { return e.Err }

// LoggedError is an error that was logged already.
type LoggedError struct{ Err error }

func (e *LoggedError) Error() string { return e.Err.Error() }

// Unwrap is the error.
func (e *LoggedError) Unwrap() error { return e.Err }

// ExitCode is the code for an error of a command. A wrong file is wrong whatever else is not reachable.
func ExitCode(err error) int {
	switch {
	case err == nil:
		return ExitDone
	case Is[*UsageError](err), Is[*strictyaml.Error](err), Is[*kafkaadmin.PartitionsError](err), Is[*offsetexpr.RangeError](err), Is[*instance.HeldError](err), Is[*replaystate.ChangedError](err), Is[*replaystate.IDError](err), Is[*replaystate.TopicError](err),
		Is[*admin.CommandError](err):
		return ExitUsage
	case Is[*kafkaerr.UnreachableError](err), Is[*kafkaerr.TopicMissingError](err), Is[*pipeline.UnreachableError](err),
		Is[*admin.UnreachableError](err), Is[*tlsfiles.EndedError](err):
		return ExitUnreachable
	default:
		return ExitFailed
	}
}

// Is reports whether an error, or one that it wraps, has the type E.
func Is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// ErrorLines returns one line for each problem of an error. The line begins with a place in a file, or with the program's name.
func ErrorLines(err error) []string {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var lines, texts []string
		for _, e := range joined.Unwrap() {
			lines = append(lines, ErrorLines(e)...)
			texts = append(texts, e.Error())
		}
		if strings.Join(texts, "\n") == err.Error() {
			return lines
		}
	}
	text := strings.ReplaceAll(strings.TrimSpace(err.Error()), "\n", "; ")
	if placed, ok := errors.AsType[*strictyaml.Error](err); ok && strings.HasPrefix(text, placed.File+":") {
		return []string{text}
	}
	return []string{"loaderline: " + text}
}
