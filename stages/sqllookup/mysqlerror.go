package sqllookup

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/loaderline/loaderline/internal/sqldriver"
	"github.com/loaderline/loaderline/stages"
)

// mysqlError is err as a lookup.Error, classified.
func mysqlError(ctx context.Context, err error) error {
	if e := ended(ctx); e != nil {
		return e
	}
	f := sqldriver.OfMySQL().Failure(err)
	if f.TooLarge {
		return stages.WithClass(&databaseError{message: "the keys of one call are too large for the database: lower max_keys", err: err}, stages.Permanent)
	}
	if f.Number == 0 {
		_, connecting := errors.AsType[*connectError](err)
		e := &databaseError{message: connectionWords(err, connecting, false, ""), err: err}
		if connecting && (f.NoTLS || f.Login) {
			e.message = "the database refuses the login: " + loginAdvice(f)
			return stages.WithClass(e, stages.Fatal)
		}
		return e
	}
	e := &databaseError{code: strconv.Itoa(int(f.Number)), message: mysqlMessage(f), err: err}
	switch classOfMySQL(f.Number, f.State) {
	case stages.Permanent:
		return stages.WithClass(e, stages.Permanent)
	case stages.Fatal:
		return stages.WithClass(e, stages.Fatal)
	default:
		return e
	}
}

func loginAdvice(f sqldriver.MySQLFailure) string {
	if f.NoTLS {
		return "it has no TLS, and the dsn demands it"
	}
	return "the dsn does not allow the way in which it asks for the password"
}

// classOfMySQL goes by the number first: one SQLSTATE covers errors of every kind.
func classOfMySQL(number uint16, state string) stages.Class {
	switch number {
	// Keys and rows: a packet, more rows than one, division, truncation, values and lengths out of range, and a key with
	// characters that its column's character set does not have (an illegal mix of collations).
	case 1153, 1242, 1264, 1265, 1267, 1270, 1271, 1292, 1365, 1366, 1406, 1411, 1644, 1690:
		return stages.Permanent
	// A host that may not connect, an unknown variable, what the server's options forbid, no plugin.
	case 1130, 1193, 1290, 1524, 1698:
		return stages.Fatal
	// Too many connections of one user, too many prepared statements, a resource used up: in class 42 all the same.
	case 1203, 1226, 1461:
		return stages.Transient
	}
	if state == "25006" { // A write in a read only transaction.
		return stages.Fatal
	}
	switch state[:2] {
	case "22", "23", "45":
		return stages.Permanent
	case "42", "28", "3D", "3F", "0A", "21", "0Z":
		return stages.Fatal
	}
	return stages.Transient
}

// mysqlMessage is what the server said, without users and addresses.
func mysqlMessage(said sqldriver.MySQLFailure) string {
	switch said.Number {
	case 1045, 1130, 1524, 1698, 1862, 4151:
		return "the database refuses the login"
	case 1044, 1049:
		return "the database does not exist, or the user may not use it"
	case 1040, 1203, 1226:
		return "the database has no connection left"
	case 1129:
		return "the database refuses connections after too many that failed"
	case 1064:
		if near, line, ok := syntaxError(said.Message); ok {
			word, _, _ := strings.Cut(near, " ")
			return fmt.Sprintf("syntax error near %q on line %d", firstLine(word), line)
		}
		return "syntax error"
	}
	message := firstLine(said.Message)
	before, after, found := strings.Cut(message, " to user '") // SELECT command denied to user 'a'@'b' for table `t`
	if !found {
		return message
	}
	if _, object, found := strings.Cut(after, "' for "); found {
		return before + " for " + object
	}
	return before
}

// syntaxError takes from a message the beginning of what was not understood, and the line that it is on.
func syntaxError(message string) (near string, line int, ok bool) {
	_, after, found := strings.Cut(message, " near '")
	end := strings.LastIndex(after, "' at line ")
	if !found || end < 0 {
		return "", 0, false
	}
	line, err := strconv.Atoi(after[end+len("' at line "):])
	return after[:end], line, err == nil
}

// mysqlPrepareError is an error of preparing: fatal unless the database could not be asked, for no key was at fault yet.
// It adds where in the statement, as it was written, the server found a syntax error.
func mysqlPrepareError(ctx context.Context, err error, r rewrite) error {
	err = mysqlError(ctx, err)
	e, ok := errors.AsType[*databaseError](err)
	if !ok || stages.ClassOf(err) == stages.Transient {
		return err
	}
	said := sqldriver.OfMySQL().Failure(err)
	if said.Number != 1064 {
		return stages.WithClass(e, stages.Fatal)
	}
	near, line, ok := syntaxError(said.Message)
	at := offsetOf(r.sql, near, line)
	if !ok || at < 0 {
		return stages.WithClass(e, stages.Fatal)
	}
	word, _, _ := strings.Cut(strings.TrimSpace(near), " ")
	words := fmt.Sprintf("syntax error near %q", firstLine(word))
	if near == "" {
		words = "syntax error at the end"
	}
	sourceLine, column := r.place(utf8.RuneCountInString(r.sql[:at]) + 1)
	return stages.WithClass(&databaseError{code: e.code, err: e.err, message: fmt.Sprintf("line %d, column %d of the query: %s", sourceLine, column, words)}, stages.Fatal)
}

// offsetOf finds near, which begins on a line of a statement, or -1.
func offsetOf(statement, near string, line int) int {
	if near == "" {
		return len(statement)
	}
	from := 0
	for range line - 1 {
		i := strings.IndexByte(statement[from:], '\n')
		if i < 0 {
			return -1
		}
		from += i + 1
	}
	i := strings.Index(statement[from:], near)
	if i < 0 {
		return -1
	}
	return from + i
}
