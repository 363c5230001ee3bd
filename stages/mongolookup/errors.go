package mongolookup

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/auth"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/topology"

	"github.com/loaderline/loaderline/internal/safeerr"
	"github.com/loaderline/loaderline/stages"
)

// mongoError is what MongoDB said, or why it said nothing. It is a lookup.Error.
type mongoError struct {
	code    string
	message string
	err     error
}

// Code implements lookup.Error by the server's name for the error (Unauthorized), or its number if it has no name.
func (e *mongoError) Code() string { return e.code }

func (e *mongoError) Error() string {
	if e.code == "" {
		return e.message
	}
	return fmt.Sprintf("%s (%s)", e.message, e.code)
}

// Unwrap is the driver's error.
func (e *mongoError) Unwrap() error { return e.err }

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
		return &mongoError{message: "MongoDB did not answer in time", err: err}
	default:
		return &mongoError{message: "the call was cancelled", err: err}
	}
}

// explain returns an error that the driver gave under ctx as a mongoError, classified. nil stays nil.
func explain(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if e := ended(ctx); e != nil {
		return e
	}
	if said, ok := errors.AsType[mongo.CommandError](err); ok && said.Code != 0 {
		code := said.Name
		if code == "" {
			code = strconv.Itoa(int(said.Code))
		}
		words, class := meaningOf(said.Code, code)
		e := &mongoError{code: code, message: words, err: err}
		if class == stages.Transient {
			return e
		}
		return stages.WithClass(e, class)
	}
	if words := loginWords(err); words != "" {
		return stages.WithClass(&mongoError{message: words, err: err}, stages.Fatal)
	}
	return &mongoError{message: connectionWords(err), err: err}
}

// meaningOf replaces what the server says, which can quote keys, and decides whose fault it is.
func meaningOf(code int32, name string) (words string, class stages.Class) {
	switch code {
	case 11, 18, 334, 8000: // UserNotFound, AuthenticationFailed, MechanismUnavailable, AtlasError
		return "MongoDB refuses the login", stages.Fatal
	case 13: // Unauthorized
		return "MongoDB does not let the user read the collection", stages.Fatal
	case 59: // CommandNotFound
		return "the server does not have a command that is needed", stages.Fatal
	case 73: // InvalidNamespace
		return "no collection can have this name", stages.Fatal
	case 2, 9, 14, 31, 40, 52, 72, 168, 40415: // BadValue, FailedToParse, TypeMismatch and others of a query
		return badQuery, stages.Fatal
	case 146, 292: // ExceededMemoryLimit, QueryExceededMemoryLimitNoDiskUseAllowed
		return "the sort needs more memory than MongoDB has for it: lower max_keys, or add an index", stages.Permanent
	case 10334, 17419: // BSONObjectTooLarge
		return "the keys or documents of a call are larger than MongoDB takes: lower max_keys", stages.Permanent
	case 50, 262: // MaxTimeMSExpired, ExceededTimeLimit
		return "MongoDB did not answer in time", stages.Transient
	case 91, 133, 134, 189, 10107, 11600, 11602, 13435, 13436: // A server that shuts down, starts or lost an election.
		return "the server cannot be read at the moment", stages.Transient
	}
	if 31249 <= code && code <= 31400 { // Those of projections.
		return badQuery, stages.Fatal
	}
	if strings.HasPrefix(name, "Location") {
		return badQuery, stages.Unusable
	}
	return "MongoDB answered an error", stages.Transient
}

const badQuery = "MongoDB does not accept find, project or sort"

// withReason adds what the server said of a query. It is only for a query without keys, since the server quotes them.
func withReason(err error, said mongo.CommandError) error {
	e, ok := errors.AsType[*mongoError](err)
	if !ok || e.message != badQuery {
		return err
	}
	reason, _, _ := strings.Cut(said.Message, "\n")
	const most = 200
	if len(reason) > most {
		reason = strings.ToValidUTF8(reason[:most], "") + "..."
	}
	return stages.WithClass(&mongoError{code: e.code, message: e.message + ": " + reason, err: e.err}, stages.ClassOf(err))
}

// loginWords says that a login failed before the server was asked. It is empty for another error.
func loginWords(err error) string {
	if _, ok := errors.AsType[*auth.Error](err); !ok || safeerr.Reason(err) != "" {
		return ""
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return ""
	}
	if mongo.IsNetworkError(err) {
		return ""
	}
	return "the login to MongoDB failed: correct the credentials or authMechanism in the uri"
}

// connectionWords says why there is no answer, without the addresses that network errors name.
func connectionWords(err error) string {
	if errors.Is(err, mongo.ErrClientDisconnected) {
		return errClosed.message
	}
	if _, ok := errors.AsType[topology.WaitQueueTimeoutError](err); ok {
		return "no connection to MongoDB was free in time"
	}
	words := "the connection to MongoDB was lost"
	if selection, ok := errors.AsType[topology.ServerSelectionError](err); ok {
		words = "no server of MongoDB can be asked"
		for _, server := range selection.Desc.Servers {
			if server.LastError != nil {
				words, err = "cannot connect to MongoDB", server.LastError
				break
			}
		}
	} else if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		words = "cannot connect to MongoDB"
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return words + ": it does not speak TLS"
	}
	if reason := safeerr.Reason(err); reason != "" {
		return words + ": " + reason
	}
	return words
}
