package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/loaderline/loaderline/internal/admin"
	"github.com/loaderline/loaderline/internal/instance"
	"github.com/loaderline/loaderline/internal/kafkaadmin"
	"github.com/loaderline/loaderline/internal/kafkaerr"
	"github.com/loaderline/loaderline/internal/loaderr"
	"github.com/loaderline/loaderline/internal/offsetexpr"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/replaystate"
	"github.com/loaderline/loaderline/internal/safeerr"
	"github.com/loaderline/loaderline/internal/strictyaml"
	"github.com/loaderline/loaderline/internal/tlsfiles"
)

// The exit codes.
const (
	exitDone        = 0
	exitFailed      = 1 // at run time
	exitUsage       = 2 // wrong usage or a wrong file
	exitUnreachable = 3 // something it needs is not reachable at start
)

// usageError says that a command was called wrongly.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }

// reportedError is an error whose details have been written already.
type reportedError struct {
	text string
	err  error
}

func (e *reportedError) Error() string { return e.text }
func (e *reportedError) Unwrap() error { return e.err }

// withoutKeys is an error of a run. It goes where the log goes, so it leaves out what a source said about keys.
func withoutKeys(err error, words []string) error {
	if !is[*loaderr.FatalError](err) && !is[*loaderr.OutageError](err) && !is[*loaderr.KeyError](err) {
		return err
	}
	return &reportedError{text: safeerr.NewWords(words...).Text(err.Error()), err: err}
}

// loggedError is an error that was logged already.
type loggedError struct{ error }

func (e *loggedError) Unwrap() error { return e.error }

// exitCode is the code for an error of a command. A wrong file is wrong whatever else is not reachable.
func exitCode(err error) int {
	switch {
	case err == nil:
		return exitDone
	case is[*usageError](err), is[*strictyaml.Error](err), is[*kafkaadmin.PartitionsError](err), is[*offsetexpr.RangeError](err), is[*instance.HeldError](err), is[*replaystate.ChangedError](err), is[*replaystate.IDError](err), is[*replaystate.TopicError](err),
		is[*admin.CommandError](err):
		return exitUsage
	case is[*kafkaerr.UnreachableError](err), is[*kafkaerr.TopicMissingError](err), is[*pipeline.UnreachableError](err),
		is[*admin.UnreachableError](err), is[*tlsfiles.EndedError](err):
		return exitUnreachable
	default:
		return exitFailed
	}
}

func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// errorLines are an error's problems, one a line: those of a file with their place, others with the program's name.
func errorLines(err error) []string {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var lines, texts []string
		for _, e := range joined.Unwrap() {
			lines = append(lines, errorLines(e)...)
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
