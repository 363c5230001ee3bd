package grpclookup

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/loaderline/loaderline/internal/lookupanswer"
	"github.com/loaderline/loaderline/internal/plural"
	"github.com/loaderline/loaderline/internal/serviceerr"
	"github.com/loaderline/loaderline/stages"
)

// codeNames are the names of the codes, as the specification of gRPC has them.
var codeNames = [...]string{
	codes.OK: "OK", codes.Canceled: "CANCELLED", codes.Unknown: "UNKNOWN", codes.InvalidArgument: "INVALID_ARGUMENT",
	codes.DeadlineExceeded: "DEADLINE_EXCEEDED", codes.NotFound: "NOT_FOUND", codes.AlreadyExists: "ALREADY_EXISTS",
	codes.PermissionDenied: "PERMISSION_DENIED", codes.ResourceExhausted: "RESOURCE_EXHAUSTED",
	codes.FailedPrecondition: "FAILED_PRECONDITION", codes.Aborted: "ABORTED", codes.OutOfRange: "OUT_OF_RANGE",
	codes.Unimplemented: "UNIMPLEMENTED", codes.Internal: "INTERNAL", codes.Unavailable: "UNAVAILABLE", codes.DataLoss: "DATA_LOSS",
	codes.Unauthenticated: "UNAUTHENTICATED",
}

func nameOfCode(code codes.Code) string {
	if int(code) < len(codeNames) {
		return codeNames[code]
	}
	return "UNKNOWN"
}

// classOfCode is whose fault a code is. That of a success is not asked for.
func classOfCode(code codes.Code) stages.Class {
	switch code {
	case codes.InvalidArgument, codes.FailedPrecondition, codes.OutOfRange, codes.AlreadyExists:
		return stages.Permanent
	case codes.Unauthenticated, codes.PermissionDenied, codes.Unimplemented, codes.NotFound:
		return stages.Fatal
	default:
		return stages.Transient
	}
}

// callError is the error of a call as the driver has it.
type callError struct {
	status *status.Status
	began  bool // there is a response
	ended  bool // the service has ended the call
	err    error
}

func newCallError(p *progress, err error) *callError {
	return &callError{status: status.Convert(err), began: p.began.Load(), ended: p.ended.Load(), err: err}
}

func (e *callError) Error() string { return e.err.Error() }
func (e *callError) Unwrap() error { return e.err }

// failure is the error of a call with some keys as users see it, classified. ctx is the call's own.
func (c *client) failure(ctx context.Context, e *callError, method string, keys int) error {
	switch code := e.status.Code(); {
	case ctx.Err() != nil:
		return serviceerr.Unanswered(ctx, e)
	case code == codes.DeadlineExceeded && !e.ended: // The driver looks at its own clock.
		return &serviceerr.Error{Message: "the service did not answer in time", Err: errors.Join(context.DeadlineExceeded, e)}
	case isTooLarge(e.status):
		return c.tooLarge(e, keys)
	case code == codes.Unavailable && !e.ended && !strings.HasPrefix(e.status.Message(), httpStatusText):
		return c.unconnected(ctx, e)
	}
	return codeError(e, method)
}

// What the driver says in its errors.
const (
	httpStatusText = "unexpected HTTP status code"
	resolverText   = "name resolver error"
	noAddressText  = "no children to pick from" // The name has no addresses.
	prefaceText    = "error reading server preface"
)

// unconnected is the error of a call that the service did not get, or did not answer to the end.
func (c *client) unconnected(ctx context.Context, e *callError) error {
	if last := c.lastDial.Load(); last != nil {
		return serviceerr.Unanswered(ctx, *last)
	}
	switch text := e.status.Message(); {
	case strings.Contains(text, resolverText), strings.Contains(text, noAddressText):
		return serviceerr.Unanswered(ctx, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "lookup failed"}})
	case strings.Contains(text, prefaceText):
		return &serviceerr.Error{Message: "cannot connect to the service: it does not speak HTTP/2, or it wants TLS", Err: e}
	}
	return serviceerr.Unanswered(ctx, e)
}

// isTooLarge reports whether a message is larger than its reader takes: this side, or a service by what the implementations in Go, C++
// and Java say.
func isTooLarge(s *status.Status) bool {
	if s.Code() != codes.ResourceExhausted {
		return false
	}
	text := strings.ToLower(s.Message())
	return strings.Contains(text, "larger than max") || strings.Contains(text, "exceeds maximum size")
}

func (c *client) tooLarge(e *callError, keys int) error {
	message := fmt.Sprintf("the response for %s is larger than %d bytes: lower max_keys", plural.Count(keys, "key"), c.cfg.MaxAnswerBytes)
	if !e.began {
		message = fmt.Sprintf("the request with %s is larger than the service takes: lower max_keys", plural.Count(keys, "key"))
	}
	return stages.WithClass(&serviceerr.Error{Status: nameOfCode(codes.ResourceExhausted), Message: message, Err: e}, stages.Permanent)
}

// defaultRest is for services that say RESOURCE_EXHAUSTED and not for how long. It must not be 0: nothing that is asked right behind it
// tells whether a key is at fault.
const defaultRest = time.Second

// codeError is the error of a call by its code.
func codeError(e *callError, method string) error {
	code := e.status.Code()
	said := &serviceerr.Error{Status: nameOfCode(code), Message: "the service answered " + nameOfCode(code) + " to " + method, Err: e}
	switch code { //nolint:exhaustive // The others need no more words.
	case codes.DeadlineExceeded: // The deadline is that of the call, which the service is told.
		said.Err = errors.Join(context.DeadlineExceeded, e)
	case codes.ResourceExhausted, codes.Unavailable:
		said.Rest = retryDelay(e.status)
		if said.Rest > 0 {
			said.Message += fmt.Sprintf(" and asks to be left alone for %v", said.Rest)
		} else if code == codes.ResourceExhausted {
			said.Rest = defaultRest
		}
	case codes.Unimplemented:
		said.Message += ": correct method, or have the service implement it"
	case codes.Unauthenticated, codes.PermissionDenied:
		said.Message += ": correct metadata, or the rights of its user"
	case codes.NotFound:
		said.Message += ": correct method or request, or write missing: [NOT_FOUND] if the service says so of unknown keys"
	}
	if class := classOfCode(code); class != stages.Transient {
		return stages.WithClass(said, class)
	}
	return said
}

// retryDelay is for how long the service asks to be left alone, at most a day.
func retryDelay(s *status.Status) time.Duration {
	for _, detail := range s.Details() {
		if info, is := detail.(*errdetails.RetryInfo); is {
			return min(max(info.GetRetryDelay().AsDuration(), 0), 24*time.Hour)
		}
	}
	return 0
}

// itemStatus returns what the error of a row means that is a code of gRPC, or the name of the zero of its enum.
func itemStatus(zero string) func(word string) (lookupanswer.Status, bool) {
	return func(word string) (lookupanswer.Status, bool) {
		code := codes.Code(slices.Index(codeNames[:], word))
		if n, err := strconv.ParseUint(word, 10, 32); err == nil && n < uint64(len(codeNames)) {
			code = codes.Code(n)
		}
		switch {
		case word == zero, code == codes.OK:
			return lookupanswer.Status{}, true
		case int(code) >= len(codeNames):
			return lookupanswer.Status{}, false
		case code == codes.NotFound:
			return lookupanswer.Status{Missing: true}, true
		}
		e := &serviceerr.Error{Status: nameOfCode(code), Message: "the service answered " + nameOfCode(code) + " for this key"}
		if classOfCode(code) == stages.Transient {
			return lookupanswer.Status{Err: e}, true
		}
		return lookupanswer.Status{Err: stages.WithClass(e, stages.Permanent)}, true
	}
}
