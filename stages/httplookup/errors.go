package httplookup

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/loaderline/loaderline/internal/safeerr"
	"github.com/loaderline/loaderline/stages"
)

// serviceError is what a service said, or why it said nothing. It is a lookup.Error, whose text holds no header and no part of an
// answer either.
type serviceError struct {
	code       string
	message    string
	retryAfter time.Duration
	err        error
}

// Code implements lookup.Error by the status of the answer, or of an item in it, or the item's own word for its error.
func (e *serviceError) Code() string { return e.code }

// RetryAfter returns the pause that a service with a 429 or 503 response requests, at most a day. A stages.Backend
// obeys it. It is 1 s for a 429 without Retry-After, and 0 for other responses.
func (e *serviceError) RetryAfter() time.Duration { return e.retryAfter }

func (e *serviceError) Error() string { return e.message }

// Unwrap is the error of net/http.
func (e *serviceError) Unwrap() error { return e.err }

// invalid is an error that the pipeline's author must fix.
func invalid(err error) error {
	return stages.WithClass(&serviceError{message: err.Error(), err: err}, stages.Fatal)
}

// statusClass is whose fault a status is. That of a success is not asked for.
func statusClass(status int) stages.Class {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests, http.StatusMisdirectedRequest:
		return stages.Transient
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotAcceptable,
		http.StatusProxyAuthRequired, http.StatusGone, http.StatusUnsupportedMediaType:
		return stages.Fatal
	}
	switch status / 100 {
	case 3:
		return stages.Fatal
	case 4:
		return stages.Permanent
	}
	return stages.Transient
}

// defaultRest is for services that say 429 and not for how long. It must not be 0: nothing that is asked right behind a 429
// tells whether a key is at fault.
const defaultRest = time.Second

// statusError is the error of an answer that is not 200, classified.
func statusError(response *http.Response, now time.Time) error {
	status := response.StatusCode
	e := &serviceError{code: strconv.Itoa(status), message: "the service answered " + statusText(status)}
	switch status {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		e.retryAfter = retryAfter(response.Header, now)
	}
	switch {
	case e.retryAfter > 0:
		e.message += fmt.Sprintf(" and asks to be left alone for %v", e.retryAfter)
	case status == http.StatusTooManyRequests:
		e.retryAfter = defaultRest
	case status/100 == 3:
		e.message += ", a redirect: configure the url that it leads to"
	}
	return classified(e, statusClass(status))
}

func statusText(status int) string {
	return strings.TrimSpace(strconv.Itoa(status) + " " + http.StatusText(status))
}

func classified(e *serviceError, class stages.Class) error {
	switch class {
	case stages.Permanent:
		return stages.WithClass(e, stages.Permanent)
	case stages.Fatal:
		return stages.WithClass(e, stages.Fatal)
	default:
		return e
	}
}

// retryAfter reads seconds, or a date, which it compares with the service's own clock where that was told.
func retryAfter(header http.Header, now time.Time) time.Duration {
	const most = 24 * time.Hour
	text := strings.TrimSpace(header.Get("Retry-After"))
	seconds, err := strconv.ParseUint(text, 10, 63)
	if err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(min(seconds, uint64(most/time.Second))) * time.Second
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	if date, err := http.ParseTime(header.Get("Date")); err == nil {
		now = date
	}
	return min(max(at.Sub(now), 0), most)
}

// failure is the error of a request that was not answered, or not to the end, classified. ctx is the call's own.
func failure(ctx context.Context, err error) error {
	switch ended := ctx.Err(); {
	case errors.Is(ended, context.DeadlineExceeded):
		return &serviceError{message: "the service did not answer in time", err: ended}
	case ended != nil:
		return &serviceError{message: "the call was cancelled", err: ended}
	case errors.Is(err, errBlocked):
		return stages.WithClass(&serviceError{message: "the service's name leads to an address that is link-local or a metadata service", err: err}, stages.Fatal)
	}
	return &serviceError{message: connectionWords(err), err: err}
}

// connectionWords says why there is no answer, without the addresses that network errors name.
func connectionWords(err error) string {
	words := "the connection to the service was lost"
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" || isUntrusted(err) {
		words = "cannot connect to the service"
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok || errors.Is(err, http.ErrSchemeMismatch) {
		return "cannot connect to the service: it does not speak TLS"
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return words + " before the end of the answer"
	}
	switch reason := safeerr.Reason(err); reason {
	case "":
		return words
	case safeerr.NoAnswer:
		return "the service did not answer in time"
	default:
		return words + ": " + reason
	}
}

func isUntrusted(err error) bool {
	_, ok := errors.AsType[*tls.CertificateVerificationError](err)
	return ok
}
