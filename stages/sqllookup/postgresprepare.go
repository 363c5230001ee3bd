package sqllookup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/loaderline/loaderline/internal/plural"
	"github.com/loaderline/loaderline/internal/sqldriver"
	"github.com/loaderline/loaderline/stages"
)

// typed finds the key's types, by asking the server unless key_type says them, and the statement to run with them.
func (l *pgLookup) typed(ctx context.Context, s statement) (rewrite, error) {
	parts := max(len(l.query.Key), 1)
	relations := s.relations()
	final := s.rewriteWith(func(u use) string {
		switch {
		case parts == 1 && u.form == inKeys:
			return "= ANY($1)"
		case u.form == inKeys:
			return "IN (SELECT * FROM unnest(" + parameters(parts) + "))"
		default:
			return parameters(parts)
		}
	})
	if parts > 1 {
		if err := onlyRows(s, relations, parts); err != nil {
			return final, invalid(err)
		}
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
	oids, lists, err := l.infer(ctx, s, final, relations, parts)
	if err != nil {
		return final, err
	}
	if err := l.db.learn(ctx, oids); err != nil {
		return final, err
	}
	for _, oid := range oids {
		_, t, _ := l.db.known(oid)
		element, array := oid, t.array
		if lists {
			element, array = t.element, oid
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

// onlyRows refuses uses that take a key of one column.
func onlyRows(s statement, relations []relation, parts int) error {
	for n, u := range s.uses {
		at := slices.IndexFunc(relations, func(r relation) bool { return r.use == n })
		switch {
		case at < 0 && u.form != inKeys:
			return errors.New("the key has several columns: write WHERE (a, b) IN ($keys), or FROM unnest($keys) AS k(a, b); = ANY($keys) takes a key of one column")
		case at >= 0 && relations[at].alias != "" && relations[at].named() != parts:
			return fmt.Errorf("unnest($keys) is named with %s, and the key has %s: write one for each, as in AS k(a, b)",
				plural.Count(relations[at].named(), "column"), plural.Count(parts, "part"))
		}
	}
	return nil
}

// infer asks the server for the types of the key's parts, or for the types of lists of them. The types of a row's parts are inferred
// from what they are compared with; those of unnest's arguments are not.
func (l *pgLookup) infer(ctx context.Context, s statement, final rewrite, relations []relation, parts int) (oids []uint32, lists bool, err error) {
	probe, named := final, len(relations) > 0 && s.namesEach(parts, relations)
	switch {
	case parts == 1:
	case named:
		oids, err = l.inferColumns(ctx, s, relations, parts)
		return oids, false, err
	case len(relations) > 0:
		return nil, false, invalid(errors.New("nothing says the types of the key: name each column of $keys by its alias where it is compared, " +
			"as in FROM unnest($keys) AS k(a, b) JOIN t ON t.x = k.a AND t.y = k.b, or say the types by key_type"))
	default:
		probe = s.rewriteWith(func(use) string { return "IN ((" + parameters(parts) + "))" })
	}
	described, err := l.db.describe(ctx, probe, nil)
	switch {
	case err != nil && named && isTypeError(err):
		oids, err = l.inferColumns(ctx, s, relations, parts)
		return oids, false, err
	case err != nil:
		return nil, false, err
	}
	if oids = described.Parameters; len(oids) != parts {
		return nil, false, invalid(fmt.Errorf("the statement has %s, and the key %s", plural.Count(len(oids), "parameter"), plural.Count(parts, "part")))
	}
	return oids, parts == 1, nil
}

// inferColumns asks the server with a parameter in place of each column of the keys. Where a column stands both in the result and in
// a WHERE, the server takes one parameter for two types, and so is asked again with a parameter for each place.
func (l *pgLookup) inferColumns(ctx context.Context, s statement, relations []relation, parts int) ([]uint32, error) {
	var refused error
	for _, distinct := range []bool{false, true} {
		probe, owner := s.probe(parts, relations, distinct)
		described, err := l.db.describe(ctx, probe, nil)
		if err == nil {
			oids, err := partTypes(described.Parameters, owner, parts)
			if err != nil {
				return nil, invalid(err)
			}
			return oids, nil
		}
		if !isTypeError(err) {
			return nil, err
		}
		if e, ok := errors.AsType[*databaseError](err); ok && refused == nil {
			refused = stages.WithClass(&databaseError{code: e.code, err: e.err, message: e.message +
				"; if the statement is right, say the types of the key by key_type"}, stages.Fatal)
		}
	}
	return nil, refused
}

// typeErrors are the SQLSTATEs of a probe whose parameters have no type, or several: ambiguous_parameter, indeterminate_datatype,
// datatype_mismatch, undefined_function, ambiguous_function, and of DISTINCT ON and GROUP BY of different parameters.
var typeErrors = []string{"42P08", "42P18", "42804", "42883", "42725", "42P10", "42803"}

func isTypeError(err error) bool {
	e, ok := errors.AsType[*databaseError](err)
	return ok && slices.Contains(typeErrors, e.code)
}

// partTypes are the types of a key's parts, of parameters that stand for them. Nothing but a place in the result makes a parameter
// text, so another type says more.
func partTypes(oids []uint32, owner []int, parts int) ([]uint32, error) {
	found := make([]uint32, parts)
	for i, part := range owner {
		switch {
		case i >= len(oids):
		case found[part] == 0, found[part] == oidText:
			found[part] = oids[i]
		case oids[i] != found[part] && oids[i] != oidText:
			return nil, fmt.Errorf("part %d of the key is compared with columns of several types: say its type by key_type", part+1)
		}
	}
	if slices.Contains(found, 0) {
		return nil, errors.New("the statement does not say the types of the key: say them by key_type")
	}
	return found, nil
}

// parameters are the parameters for the parts of a key.
func parameters(n int) string {
	names := make([]string, n)
	for part := range names {
		names[part] = parameterName(part)
	}
	return strings.Join(names, ",")
}

func parameterName(i int) string { return "$" + strconv.Itoa(i+1) }

// describe asks the server of what types a statement's parameters and columns are.
func (p *postgres) describe(ctx context.Context, r rewrite, oids []uint32) (*sqldriver.PostgresDescription, error) {
	described, err := p.pool.Describe(ctx, r.sql, oids)
	if err != nil {
		return nil, statementError(ctx, err, r, 0)
	}
	return described, nil
}

// explain plans a statement without keys: the server checks the rights, which it does not when it describes one.
func (p *postgres) explain(ctx context.Context, r rewrite, oids []uint32) error {
	const prefix = "EXPLAIN "
	q := sqldriver.PostgresQuery{SQL: prefix + r.sql, OIDs: oids}
	for range oids {
		q.Values = append(q.Values, []byte("{}"))
	}
	err := p.run(ctx, q, func([]sqldriver.PostgresField, [][]byte) error { return nil })
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
	said := sqldriver.OfPostgres().Failure(err)
	if said.Position <= prefix {
		return stages.WithClass(e, stages.Fatal)
	}
	line, column := r.place(said.Position - prefix)
	return stages.WithClass(&databaseError{
		code: e.code, err: e.err,
		message: fmt.Sprintf("line %d, column %d of the query: %s", line, column, e.message),
	}, stages.Fatal)
}
