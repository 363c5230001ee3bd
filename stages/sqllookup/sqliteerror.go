package sqllookup

import (
	"context"
	"errors"
	"strings"

	driver3 "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/loaderline/loaderline/stages"
)

// sqliteError is err as a lookup.Error, classified.
func sqliteError(ctx context.Context, err error) error {
	if e := ended(ctx); e != nil {
		return e
	}
	said, ok := errors.AsType[*driver3.Error](err)
	if !ok {
		return &databaseError{message: "the database cannot be read", err: err}
	}
	code := said.Code() & 0xff // The rest says more of the same.
	e := &databaseError{code: sqliteName(code), message: sqliteMessage(said), err: err}
	switch code {
	case sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_TOOBIG:
		return stages.WithClass(e, stages.Permanent)
	case sqlite3.SQLITE_ERROR:
		// One code for what is wrong with the statement and with the data that it computes with.
		if strings.Contains(e.message, "malformed JSON") || strings.Contains(e.message, "integer overflow") {
			return stages.WithClass(e, stages.Permanent)
		}
		return stages.WithClass(e, stages.Fatal)
	case sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB,
		sqlite3.SQLITE_MISUSE, sqlite3.SQLITE_RANGE:
		return stages.WithClass(e, stages.Fatal)
	}
	return e
}

// sqliteMessage is what the database said without the code that the driver adds.
func sqliteMessage(err *driver3.Error) string {
	text := strings.TrimSuffix(err.Error(), " (SQLITE_BUSY)")
	if i := strings.LastIndex(text, " ("); i > 0 {
		text = text[:i]
	}
	return firstLine(strings.TrimPrefix(text, "SQL logic error: "))
}

func sqliteName(code int) string {
	switch code {
	case sqlite3.SQLITE_ERROR:
		return "SQLITE_ERROR"
	case sqlite3.SQLITE_PERM:
		return "SQLITE_PERM"
	case sqlite3.SQLITE_BUSY:
		return "SQLITE_BUSY"
	case sqlite3.SQLITE_LOCKED:
		return "SQLITE_LOCKED"
	case sqlite3.SQLITE_READONLY:
		return "SQLITE_READONLY"
	case sqlite3.SQLITE_INTERRUPT:
		return "SQLITE_INTERRUPT"
	case sqlite3.SQLITE_IOERR:
		return "SQLITE_IOERR"
	case sqlite3.SQLITE_CORRUPT:
		return "SQLITE_CORRUPT"
	case sqlite3.SQLITE_CANTOPEN:
		return "SQLITE_CANTOPEN"
	case sqlite3.SQLITE_TOOBIG:
		return "SQLITE_TOOBIG"
	case sqlite3.SQLITE_CONSTRAINT:
		return "SQLITE_CONSTRAINT"
	case sqlite3.SQLITE_MISMATCH:
		return "SQLITE_MISMATCH"
	case sqlite3.SQLITE_NOTADB:
		return "SQLITE_NOTADB"
	}
	return "SQLITE"
}
