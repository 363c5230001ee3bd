package sqllookup

import (
	"context"
	"strings"

	"github.com/loaderline/loaderline/internal/sqldriver"
	"github.com/loaderline/loaderline/stages"
)

// sqliteError is err as a lookup.Error, classified.
func sqliteError(ctx context.Context, err error) error {
	if e := ended(ctx); e != nil {
		return e
	}
	code, text, ok := sqldriver.OfSQLite().Said(err)
	if !ok {
		return &databaseError{message: "the database cannot be read", err: err}
	}
	code &= 0xff // The rest says more of the same.
	e := &databaseError{code: sqliteNames[code], message: sqliteMessage(text), err: err}
	if e.code == "" {
		e.code = "SQLITE"
	}
	switch code {
	case sqliteCodeConstraint, sqliteCodeMismatch, sqliteCodeTooBig:
		return stages.WithClass(e, stages.Permanent)
	case sqliteCodeError:
		// One code for what is wrong with the statement and with the data that it computes with.
		if strings.Contains(e.message, "malformed JSON") || strings.Contains(e.message, "integer overflow") {
			return stages.WithClass(e, stages.Permanent)
		}
		return stages.WithClass(e, stages.Fatal)
	case sqliteCodePerm, sqliteCodeAuth, sqliteCodeReadOnly, sqliteCodeCorrupt, sqliteCodeNotADB,
		sqliteCodeMisuse, sqliteCodeRange:
		return stages.WithClass(e, stages.Fatal)
	}
	return e
}

// sqliteMessage is what the database said without the code that the driver adds.
func sqliteMessage(text string) string {
	text = strings.TrimSuffix(text, " (SQLITE_BUSY)")
	if i := strings.LastIndex(text, " ("); i > 0 {
		text = text[:i]
	}
	return firstLine(strings.TrimPrefix(text, "SQL logic error: "))
}

// The codes of SQLite, which it never changes.
const (
	sqliteCodeError      = 1
	sqliteCodePerm       = 3
	sqliteCodeBusy       = 5
	sqliteCodeLocked     = 6
	sqliteCodeReadOnly   = 8
	sqliteCodeInterrupt  = 9
	sqliteCodeIOErr      = 10
	sqliteCodeCorrupt    = 11
	sqliteCodeCantOpen   = 14
	sqliteCodeTooBig     = 18
	sqliteCodeConstraint = 19
	sqliteCodeMismatch   = 20
	sqliteCodeMisuse     = 21
	sqliteCodeAuth       = 23
	sqliteCodeRange      = 25
	sqliteCodeNotADB     = 26
)

// sqliteNames are SQLite's names for its codes.
var sqliteNames = map[int]string{
	sqliteCodeError:      "SQLITE_ERROR",
	sqliteCodePerm:       "SQLITE_PERM",
	sqliteCodeBusy:       "SQLITE_BUSY",
	sqliteCodeLocked:     "SQLITE_LOCKED",
	sqliteCodeReadOnly:   "SQLITE_READONLY",
	sqliteCodeInterrupt:  "SQLITE_INTERRUPT",
	sqliteCodeIOErr:      "SQLITE_IOERR",
	sqliteCodeCorrupt:    "SQLITE_CORRUPT",
	sqliteCodeCantOpen:   "SQLITE_CANTOPEN",
	sqliteCodeTooBig:     "SQLITE_TOOBIG",
	sqliteCodeConstraint: "SQLITE_CONSTRAINT",
	sqliteCodeMismatch:   "SQLITE_MISMATCH",
	sqliteCodeNotADB:     "SQLITE_NOTADB",
}
