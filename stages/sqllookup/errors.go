package sqllookup

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/loaderline/loaderline/stages"
)

// databaseError is what a database said. It is a lookup.Error.
type databaseError struct {
	code    string
	message string
	err     error
}

// Code implements lookup.Error by the SQLSTATE, MySQL's number of the error (1146), or SQLite's name for it (SQLITE_BUSY).
func (e *databaseError) Code() string { return e.code }

func (e *databaseError) Error() string {
	switch {
	case e.code == "":
		return e.message
	case strings.HasPrefix(e.code, "SQLITE"):
		return fmt.Sprintf("%s (%s)", e.message, e.code)
	case len(e.code) < len("22P02"):
		return fmt.Sprintf("%s (error %s)", e.message, e.code)
	}
	return fmt.Sprintf("%s (SQLSTATE %s)", e.message, e.code)
}

// Unwrap is the driver's error.
func (e *databaseError) Unwrap() error { return e.err }

// invalid is an error that the pipeline's author must fix.
func invalid(err error) error {
	return stages.WithClass(&databaseError{message: err.Error(), err: err}, stages.Fatal)
}

// ended is the error of a call whose context has ended, or nil.
func ended(ctx context.Context) error {
	switch err := ctx.Err(); {
	case err == nil:
		return nil
	case errors.Is(err, context.DeadlineExceeded):
		return &databaseError{message: "the database did not answer in time", err: err}
	default:
		return &databaseError{message: "the call was cancelled", err: err}
	}
}

// firstLine bounds what a server may say.
func firstLine(message string) string {
	const limit = 512
	message, _, _ = strings.Cut(message, "\n")
	if len(message) > limit {
		message = message[:limit]
		for !utf8.ValidString(message) {
			message = message[:len(message)-1]
		}
	}
	return message
}
