package sqllookup

import (
	"testing"

	sqlite3 "modernc.org/sqlite/lib"
)

// TestSQLiteCodes compares the codes with the codes that the driver has.
func TestSQLiteCodes(t *testing.T) {
	for name, code := range map[string][2]int{
		"ERROR":      {sqliteCodeError, sqlite3.SQLITE_ERROR},
		"PERM":       {sqliteCodePerm, sqlite3.SQLITE_PERM},
		"BUSY":       {sqliteCodeBusy, sqlite3.SQLITE_BUSY},
		"LOCKED":     {sqliteCodeLocked, sqlite3.SQLITE_LOCKED},
		"READONLY":   {sqliteCodeReadOnly, sqlite3.SQLITE_READONLY},
		"INTERRUPT":  {sqliteCodeInterrupt, sqlite3.SQLITE_INTERRUPT},
		"IOERR":      {sqliteCodeIOErr, sqlite3.SQLITE_IOERR},
		"CORRUPT":    {sqliteCodeCorrupt, sqlite3.SQLITE_CORRUPT},
		"CANTOPEN":   {sqliteCodeCantOpen, sqlite3.SQLITE_CANTOPEN},
		"TOOBIG":     {sqliteCodeTooBig, sqlite3.SQLITE_TOOBIG},
		"CONSTRAINT": {sqliteCodeConstraint, sqlite3.SQLITE_CONSTRAINT},
		"MISMATCH":   {sqliteCodeMismatch, sqlite3.SQLITE_MISMATCH},
		"MISUSE":     {sqliteCodeMisuse, sqlite3.SQLITE_MISUSE},
		"AUTH":       {sqliteCodeAuth, sqlite3.SQLITE_AUTH},
		"RANGE":      {sqliteCodeRange, sqlite3.SQLITE_RANGE},
		"NOTADB":     {sqliteCodeNotADB, sqlite3.SQLITE_NOTADB},
	} {
		if code[0] != code[1] {
			t.Errorf("%s is %d, want %d", name, code[0], code[1])
		}
	}
}
