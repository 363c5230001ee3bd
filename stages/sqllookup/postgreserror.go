package sqllookup

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/loaderline/loaderline/internal/netreason"
	"github.com/loaderline/loaderline/stages"
)

// postgresError is err as an *Error, classified.
func postgresError(ctx context.Context, err error) error {
	if e := ended(ctx); e != nil {
		return e
	}
	connecting := false
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		connecting = true
	}
	said, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return &Error{message: connectionWords(err, connecting), err: err}
	}
	e := &Error{code: said.Code, message: firstLine(said.Message), err: err}
	if words := loginWords(said.Code, connecting); words != "" {
		e.message = words
	}
	switch classOfState(said.Code) {
	case stages.Permanent:
		return stages.AsPermanent(e)
	case stages.Fatal:
		return stages.AsFatal(e)
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

// connectionWords says why there is no answer, without the addresses that network errors name.
func connectionWords(err error, connecting bool) string {
	words := "the connection to the database was lost"
	if connecting {
		words = "cannot connect to the database"
	}
	reason := netreason.Of(err)
	if reason == "" && pgconn.Timeout(err) {
		reason = netreason.NoAnswer
	}
	if reason == "" {
		return words
	}
	return words + ": " + reason
}
