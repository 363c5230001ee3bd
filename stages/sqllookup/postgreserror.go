package sqllookup

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/loaderline/loaderline/internal/safeerr"
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
	connecting := false
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		connecting = true
	}
	said, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return &databaseError{message: connectionWords(err, connecting), err: err}
	}
	e := &databaseError{code: said.Code, message: firstLine(said.Message), err: err}
	if words := loginWords(said.Code, connecting); words != "" {
		e.message = words
	}
	switch class := classOfState(said.Code); {
	case class == stages.Permanent && !connecting:
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

// roleWords says what a server is that the dsn does not ask for. Where there are several, the last one speaks for all.
func roleWords(err error) string {
	switch {
	case errors.Is(err, pgconn.ErrReadOnlyConnection):
		return "the server is read only"
	case errors.Is(err, pgconn.ErrReadWriteConnection):
		return "the server is not read only"
	case errors.Is(err, pgconn.ErrStandbyConnection):
		return "the server is a standby"
	case errors.Is(err, pgconn.ErrPrimaryConnection):
		return "the server is no standby"
	}
	return ""
}

// connectionWords says why there is no answer, without the addresses that network errors name.
func connectionWords(err error, connecting bool) string {
	words := "the connection to the database was lost"
	if connecting {
		words = "cannot connect to the database"
	}
	reason := safeerr.Reason(err)
	if role := roleWords(err); role != "" && connecting {
		reason = "target_session_attrs: " + role
	}
	switch {
	case reason != "":
	case pgconn.Timeout(err):
		reason = safeerr.NoAnswer
	case connecting && strings.Contains(err.Error(), "server refused TLS"): // The driver has no name for it.
		reason = "it has no TLS, and sslmode in the dsn demands it"
	}
	if reason == "" {
		return words
	}
	return words + ": " + reason
}
