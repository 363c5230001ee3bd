package redisconn

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/loaderline/loaderline/internal/safeerr"
	"github.com/loaderline/loaderline/stages"
)

// Error is what Redis said, or why it said nothing. It is a lookup.Error.
type Error struct {
	code    string
	message string
	err     error
}

// NewError makes an Error. code is empty if Redis said nothing.
func NewError(code, message string, err error) *Error {
	return &Error{code: code, message: message, err: err}
}

// Code implements lookup.Error by the first word of Redis' answer (WRONGTYPE, NOAUTH, LOADING).
func (e *Error) Code() string { return e.code }

func (e *Error) Error() string {
	if e.code == "" {
		return e.message
	}
	return fmt.Sprintf("%s (%s)", e.message, e.code)
}

// Unwrap is the driver's error.
func (e *Error) Unwrap() error { return e.err }

// ended is the error of a call whose context has ended, or nil.
func ended(ctx context.Context) error {
	err := ctx.Err()
	// A socket's deadline can be noticed a moment before the context's, which is the same.
	if deadline, ok := ctx.Deadline(); err == nil && ok && !time.Now().Before(deadline) {
		err = context.DeadlineExceeded
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.DeadlineExceeded):
		return &Error{message: "Redis did not answer in time", err: err}
	default:
		return &Error{message: "the call was cancelled", err: err}
	}
}

// CodeOf returns the word that an error of the server begins with. It is empty for another error.
func CodeOf(err error) string {
	said, ok := errors.AsType[redis.Error](err)
	if !ok {
		return ""
	}
	code, _, _ := strings.Cut(said.Error(), " ")
	if code == "" || len(code) > 32 || strings.ToUpper(code) != code {
		return "ERR"
	}
	return code
}

// Explain returns an error that the driver gave under ctx as an *Error, classified.
func (c *Client) Explain(ctx context.Context, err error) error {
	if e := ended(ctx); e != nil {
		return e
	}
	if errors.Is(err, errTooLarge) {
		return stages.WithClass(&Error{message: fmt.Sprintf(
			"the answer of a server is larger than %d bytes: lower max_keys", c.cfg.MaxAnswerBytes), err: err}, stages.Permanent)
	}
	code := CodeOf(err)
	if code == "" {
		return &Error{message: connectionWords(err), err: err}
	}
	words, fatal := c.words(code, err.Error())
	e := &Error{code: code, message: words, err: err}
	if fatal {
		return stages.WithClass(e, stages.Fatal)
	}
	return e
}

// words replaces what the server says, which can name users, keys and addresses, and decides whether it can ever change its mind.
func (c *Client) words(code, said string) (words string, fatal bool) {
	switch code {
	case "NOAUTH", "WRONGPASS":
		return "Redis refuses the login", true
	case "NOPERM":
		return "Redis does not let the user read these keys", true
	case "DENIED":
		return "Redis is in protected mode and refuses the connection", true
	case "MOVED", "ASK":
		if !c.cfg.Cluster {
			return "the server is one of a cluster: set cluster", true
		}
		return "the cluster is moving the keys", false
	case "LOADING":
		return "Redis is loading its data", false
	case "CLUSTERDOWN", "MASTERDOWN", "TRYAGAIN":
		return "the cluster is not complete", false
	case "BUSY":
		return "Redis is busy with a script", false
	}
	for _, known := range []struct{ part, words string }{
		{"unknown command", "the server does not have a command that is needed"},
		{"DB index", "the database of that number does not exist"},
		{"SELECT is not allowed", "the server is one of a cluster, which has no databases: leave out db"},
		{"cluster support disabled", "the server is not one of a cluster: leave out cluster"},
		{"without any password", "the server has no password, and one is configured"},
	} {
		if strings.Contains(said, known.part) {
			return known.words, true
		}
	}
	if strings.Contains(said, "max number of clients") {
		return "Redis has no connection left", false
	}
	return "Redis answered an error", false
}

// connectionWords says why there is no answer, without the addresses that network errors name.
func connectionWords(err error) string {
	if errors.Is(err, redis.ErrPoolTimeout) {
		return "no connection to Redis was free in time"
	}
	if errors.Is(err, redis.ErrClosed) {
		return "the client is closed"
	}
	words := "the connection to Redis was lost"
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		words = "cannot connect to Redis"
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return words + ": it does not speak TLS"
	}
	if reason := safeerr.Reason(err); reason != "" {
		return words + ": " + reason
	}
	return words
}
