// Package serviceerr has the errors that lookups of services share, whatever protocol they speak.
package serviceerr

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/loaderline/loaderline/internal/guardedhttp"
	"github.com/loaderline/loaderline/stages"
)

// Error is what a service said, or why it said nothing. It is a lookup.Error, whose text holds no header and no part of an
// answer either.
type Error struct {
	Status  string // of the answer, or of an item in it, or the item's own word for its error; empty if the service said nothing
	Message string
	Rest    time.Duration
	Err     error
}

// Code implements lookup.Error.
func (e *Error) Code() string { return e.Status }

// RetryAfter returns how long the service asks to be left alone. A stages.Backend obeys it.
func (e *Error) RetryAfter() time.Duration { return e.Rest }

func (e *Error) Error() string { return e.Message }

// Unwrap is the error of the protocol's client.
func (e *Error) Unwrap() error { return e.Err }

// Invalid is an error that the pipeline's author must fix.
func Invalid(err error) error {
	return stages.WithClass(&Error{Message: err.Error(), Err: err}, stages.Fatal)
}

// Unusable is the error of an answer that does not have the form that a query asks for.
func Unusable(format string, args ...any) error {
	return stages.WithClass(&Error{Message: fmt.Sprintf(format, args...)}, stages.Unusable)
}

// Unanswered is the error of a request that was not answered, or not to the end, classified. ctx is the call's own.
func Unanswered(ctx context.Context, err error) error {
	switch ended := ctx.Err(); {
	case errors.Is(ended, context.DeadlineExceeded):
		return &Error{Message: "the service did not answer in time", Err: ended}
	case ended != nil:
		return &Error{Message: "the call was cancelled", Err: ended}
	}
	e := &Error{Message: guardedhttp.Words(err, "the service"), Err: err}
	if errors.Is(err, guardedhttp.ErrBlocked) {
		return stages.WithClass(e, stages.Fatal)
	}
	return e
}

// IsWord reports whether text is short and made of letters, digits, _ and -, so that an error may quote it.
func IsWord(text string) bool {
	const most = 64
	if text == "" || len(text) > most {
		return false
	}
	for _, c := range []byte(text) {
		if c != '_' && c != '-' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return false
		}
	}
	return true
}
