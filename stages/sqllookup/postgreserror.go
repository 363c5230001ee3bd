package sqllookup

import (
	"context"
	"errors"
	"strings"

	"github.com/loaderline/loaderline/internal/safeerr"
	"github.com/loaderline/loaderline/internal/sqldriver"
	"github.com/loaderline/loaderline/internal/tlsfiles"
	"github.com/loaderline/loaderline/stages"
)

// postgresError is err as a lookup.Error, classified.
func postgresError(ctx context.Context, err error) error {
	if e := ended(ctx); e != nil {
		return e
	}
	if expired, ok := errors.AsType[*tlsfiles.EndedError](err); ok {
		return stages.WithClass(&databaseError{message: expired.Error(), err: err}, stages.Fatal)
	}
	f := sqldriver.OfPostgres().Failure(err)
	if f.Code == "" {
		return &databaseError{message: connectionWords(err, f.Connecting, f.Timeout, f.Role), err: err}
	}
	e := &databaseError{code: f.Code, message: firstLine(f.Message), err: err}
	if words := loginWords(f.Code, f.Connecting); words != "" {
		e.message = words
	}
	switch class := classOfState(f.Code); {
	case class == stages.Permanent && !f.Connecting:
		return stages.WithClass(e, stages.Permanent)
	case class != stages.Transient: // A connection has no keys: a setting of the dsn is at fault.
		return stages.WithClass(e, stages.Fatal)
	default:
		return e
	}
}

func classOfState(code string) stages.Class {
	if len(code) != 5 {
		return stages.Transient
	}
	switch code {
	case "25006": // A write in a read-only transaction.
		return stages.Fatal
	case "26000": // A prepared statement that a proxy has forgotten.
		return stages.Transient
	}
	switch code[:2] {
	// Data, constraints, a subquery with more rows than one, and what functions raise: the keys decide.
	case "21", "22", "23", "38", "39", "P0":
		return stages.Permanent
	case "42", "28", "3D", "3F", "0A":
		return stages.Fatal
	}
	return stages.Transient
}

// loginWords replaces what the server says to a client that it does not let in: that names users and addresses.
func loginWords(code string, connecting bool) string {
	switch {
	case len(code) == 5 && code[:2] == "28":
		return "the database refuses the login"
	case code == "3D000":
		return "the database does not exist"
	case connecting && code == "53300":
		return "the database has no connection left"
	case connecting && code[:2] == "42":
		return "the database refuses the connection"
	}
	return ""
}

// connectionWords says why there is no answer, without the addresses that network errors name. role is what the server is that the dsn
// does not ask for.
func connectionWords(err error, connecting, timeout bool, role string) string {
	words := "the connection to the database was lost"
	if connecting {
		words = "cannot connect to the database"
	}
	reason := safeerr.Reason(err)
	if role != "" && connecting {
		reason = "target_session_attrs: " + role
	}
	switch {
	case reason != "":
	case timeout:
		reason = safeerr.NoAnswer
	case connecting && strings.Contains(err.Error(), "server refused TLS"): // The driver has no name for it.
		reason = "it has no TLS, and sslmode in the dsn demands it"
	}
	if reason == "" {
		return words
	}
	return words + ": " + reason
}
