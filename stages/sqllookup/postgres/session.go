package postgres

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// pgSettings are the settings that lookups run with. They are made once a session is there. As startup parameters they would
// decide what target_session_attrs finds, and poolers refuse startup parameters that they do not know.
type pgSettings []pgSetting

type pgSetting struct{ name, value string }

// readOnly is the setting of a session that its transactions are read only by.
const readOnly = "default_transaction_read_only"

// newPGSettings are the defaults with what params say of them, and takes these out of params.
func newPGSettings(timeout time.Duration, params map[string]string) pgSettings {
	settings := pgSettings{{readOnly, "on"}, {"bytea_output", "hex"}, {"extra_float_digits", "1"}, {"IntervalStyle", "postgres"}}
	limit := pgSetting{name: "statement_timeout"}
	if timeout > 0 {
		limit.value = strconv.FormatInt(max(timeout.Milliseconds(), 1), 10)
	}
	settings = append(settings, limit)
	made := settings[:0]
	for _, s := range settings {
		for name, value := range params {
			if strings.EqualFold(name, s.name) {
				s.value = value
				delete(params, name)
			}
		}
		if s.value != "" {
			made = append(made, s)
		}
	}
	return made
}

// ofSession is a query that makes the settings for a session, if the server process that serves it has this number, and says
// whether it has by returning a row.
func (s pgSettings) ofSession(process uint32) string {
	return s.query(false) + " WHERE pg_catalog.pg_backend_pid() = " + strconv.FormatUint(uint64(process), 10)
}

// ofTransaction is a query that makes the settings for the transaction that it is in.
func (s pgSettings) ofTransaction() string { return s.query(true) }

func (s pgSettings) query(local bool) string {
	calls := make([]string, len(s))
	for i, setting := range s {
		name := setting.name
		if local && name == readOnly {
			name = "transaction_read_only"
			if on, err := strconv.ParseBool(setting.value); err == nil && !on || strings.EqualFold(setting.value, "off") {
				calls[i] = "NULL" // A transaction is not made writable on a server that is not.
				continue
			}
		}
		calls[i] = fmt.Sprintf("pg_catalog.set_config(%s, %s, %t)", quotePG(name), quotePG(setting.value), local)
	}
	return "SELECT " + strings.Join(calls, ", ")
}

// quotePG is text as a literal, whatever standard_conforming_strings is.
func quotePG(text string) string {
	return " E'" + strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(text) + "'"
}

// pooled marks a connection to a pooler, which may serve each transaction by another server process.
const pooled = "loaderline pooled"

// connected makes the settings of a new connection, in one round trip. A pooler tells clients its own process number. Then
// connected sets nothing, since other clients share the server's session, and each transaction makes the settings for itself.
func (p *pool) connected(ctx context.Context, pg *pgconn.PgConn) error {
	ctx, cancel := context.WithTimeout(ctx, p.connectTimeout)
	defer cancel()
	results, err := pg.Exec(ctx, p.settings.ofSession(pg.PID())).ReadAll()
	if err != nil {
		return err
	}
	if len(results) != 1 {
		return errors.New("the settings of the session have no result")
	}
	if len(results[0].Rows) == 0 {
		pg.CustomData()[pooled] = true
	}
	return nil
}

func isPooled(pg *pgconn.PgConn) bool {
	_, is := pg.CustomData()[pooled]
	return is
}
