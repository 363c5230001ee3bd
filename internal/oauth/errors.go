package oauth

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"golang.org/x/oauth2"

	"github.com/loaderline/loaderline/internal/guardedhttp"
)

const endpoint = "the token endpoint"

// Error says why there is no token. Its text holds no credentials, no address and no part of an answer.
type Error struct {
	code       string
	message    string
	refused    bool
	retryAfter time.Duration
	err        error
}

func (e *Error) Error() string { return e.message }

// Unwrap is the error below. Its text can hold what Error leaves out.
func (e *Error) Unwrap() error { return e.err }

// Code returns the server's word for the error, such as invalid_client, or the status of its answer. It is empty if the server
// did not answer.
func (e *Error) Code() string { return e.code }

// Refused reports whether the configuration is at fault: another try cannot succeed.
func (e *Error) Refused() bool { return e.refused }

// RetryAfter returns for how long the server asks to be left alone, or 0.
func (e *Error) RetryAfter() time.Duration { return e.retryAfter }

// remedies are the errors of RFC 6749 and RFC 8707 that refuse a client, and what to do about each. No other word of the server is
// shown.
var remedies = map[string]string{
	"invalid_client":         "correct client_id and client_secret, or set auth to the way in which the server takes them",
	"unauthorized_client":    "allow the client the grant client_credentials",
	"access_denied":          "allow the client what it asks for",
	"invalid_scope":          "correct scopes",
	"invalid_target":         "correct params",
	"invalid_request":        "correct params, or set auth to the way in which the server takes client_id and client_secret",
	"invalid_grant":          "correct client_id and client_secret",
	"unsupported_grant_type": "the server does not have the grant client_credentials",
}

// requestError is the error of a request for a token.
func requestError(ctx context.Context, err error) *Error {
	if refusal, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		return refusalError(refusal)
	}
	switch {
	case errors.Is(err, guardedhttp.ErrBlocked):
		return &Error{message: guardedhttp.Words(err, endpoint), refused: true, err: err}
	case ctx.Err() != nil:
		return &Error{message: endpoint + " did not answer in time", err: ctx.Err()}
	case errors.As(err, new(*url.Error)):
		return &Error{message: guardedhttp.Words(err, endpoint), err: err}
	}
	return &Error{message: "the answer of " + endpoint + " is no token: does token_url lead to it?", err: err}
}

// refusalError is the error of an answer that is no success, or names an error.
func refusalError(refusal *oauth2.RetrieveError) *Error {
	status := refusal.Response.StatusCode
	if remedy, known := remedies[refusal.ErrorCode]; known {
		return &Error{code: refusal.ErrorCode, message: endpoint + " refuses the client: " + refusal.ErrorCode + ": " + remedy, refused: true, err: refusal}
	}
	e := &Error{code: strconv.Itoa(status), message: endpoint + " answered " + guardedhttp.StatusText(status), err: refusal}
	switch {
	case slices.Contains([]string{"temporarily_unavailable", "server_error", "slow_down"}, refusal.ErrorCode):
	case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable:
		e.retryAfter = guardedhttp.RetryAfter(refusal.Response.Header, time.Now())
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly, status == http.StatusMisdirectedRequest:
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		e.refused = true
		e.message += ": " + remedies["invalid_client"]
	case status/100 == 3, status/100 == 4:
		e.refused = true
		e.message += ": correct token_url"
	}
	return e
}
