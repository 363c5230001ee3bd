package sqllookup

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/loaderline/loaderline/internal/plural"
	"github.com/loaderline/loaderline/stages"
)

// typed finds the key's types, by asking the server unless key_type says them, and the statement to run with them.
func (l *pgLookup) typed(ctx context.Context, s statement) (rewrite, error) {
	parts := max(len(l.query.Key), 1)
	final := s.rewriteWith(func(f form) string {
		switch {
		case parts == 1 && f == inKeys:
			return "= ANY($1)"
		case parts == 1:
			return "$1"
		default:
			return "IN (SELECT * FROM unnest(" + parameters(parts) + "))"
		}
	})
	probe := final
	if parts > 1 {
		for _, u := range s.uses {
			if u.form != inKeys {
				return final, invalid(errors.New("the key has several columns: write WHERE (a, b) IN ($keys); unnest($keys) and = ANY($keys) take a key of one column"))
			}
		}
		// The types of a row's parts are inferred from what it is compared with; those of unnest's arguments are not.
		probe = s.rewriteWith(func(form) string { return "IN ((" + parameters(parts) + "))" })
	}
	for _, t := range l.types {
		oid, err := arrayOf(t)
		if err != nil {
			return final, invalid(err)
		}
		l.oids = append(l.oids, oid)
	}
	if l.oids != nil {
		return final, nil
	}
	described, err := l.db.describe(ctx, probe, nil)
	if err != nil {
		return final, err
	}
	if err := l.db.learn(ctx, described.ParamOIDs); err != nil {
		return final, err
	}
	if len(described.ParamOIDs) != parts {
		return final, invalid(fmt.Errorf("the statement has %s, and the key %s", plural.Count(len(described.ParamOIDs), "parameter"), plural.Count(parts, "part")))
	}
	for _, oid := range described.ParamOIDs {
		_, t, _ := l.db.known(oid)
		element, array := t.element, oid
		if parts > 1 {
			element, array = oid, t.array
		}
		if element == 0 || array == 0 {
			return final, invalid(fmt.Errorf("$keys is a list, and the statement uses it as one %s: write = ANY($keys) or IN ($keys)", t.name))
		}
		kt, err := l.db.keyType(element)
		if err != nil {
			return final, invalid(err)
		}
		l.types = append(l.types, kt)
		l.oids = append(l.oids, array)
	}
	return final, nil
}

func parameters(n int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("$%d", i+1)
	}
	return strings.Join(names, ",")
}

// describe asks the server of what types a statement's parameters and columns are.
func (p *postgres) describe(ctx context.Context, r rewrite, oids []uint32) (*pgconn.StatementDescription, error) {
	conn, err := p.pool.Acquire(ctx)
	if err != nil {
		return nil, postgresError(ctx, err)
	}
	defer conn.Release()
	described, err := conn.Conn().PgConn().Prepare(ctx, "", r.sql, oids)
	if err != nil {
		return nil, statementError(ctx, err, r, 0)
	}
	return described, nil
}

// explain plans a statement without keys: the server checks the rights, which it does not when it describes one.
func (p *postgres) explain(ctx context.Context, r rewrite, oids []uint32) error {
	const prefix = "EXPLAIN "
	q := pgQuery{sql: prefix + r.sql, oids: oids}
	for range oids {
		q.values = append(q.values, []byte("{}"))
	}
	err := p.run(ctx, q, func([]pgconn.FieldDescription, [][]byte) error { return nil })
	if err != nil {
		return statementError(ctx, err, r, len(prefix))
	}
	return nil
}

// statementError is an error of preparing: fatal unless the database could not be asked, for no key was at fault yet.
// It adds where in the statement, as it was written, the server found the error.
func statementError(ctx context.Context, err error, r rewrite, prefix int) error {
	e, ok := errors.AsType[*databaseError](err)
	if !ok {
		err = postgresError(ctx, err)
		if e, ok = errors.AsType[*databaseError](err); !ok {
			return err
		}
	}
	if stages.ClassOf(err) == stages.Transient {
		return err
	}
	said, ok := errors.AsType[*pgconn.PgError](err)
	if !ok || int(said.Position) <= prefix {
		return stages.WithClass(e, stages.Fatal)
	}
	line, column := r.place(int(said.Position) - prefix)
	return stages.WithClass(&databaseError{
		code: e.code, err: e.err,
		message: fmt.Sprintf("line %d, column %d of the query: %s", line, column, e.message),
	}, stages.Fatal)
}
