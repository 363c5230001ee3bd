package sqllookup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/internal/sqldriver"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

const citext = "citext"

// learnEquality finds out how the server compares the key, and prepares the statement that asks it to.
func (l *pgLookup) learnEquality(ctx context.Context, r rewrite, lay *layout) error {
	elements := make([]uint32, len(l.oids))
	if err := l.db.learn(ctx, l.oids); err != nil {
		return err
	}
	for i, oid := range l.oids {
		_, array, _ := l.db.known(oid)
		elements[i], _, _ = l.db.known(array.element)
	}
	collations, err := l.collations(ctx, r, lay, elements)
	if err != nil {
		return err
	}
	equality := make(equality, len(elements))
	for i, oid := range elements {
		if equality[i], err = l.equalityOf(ctx, oid, collations[i]); err != nil {
			return err
		}
		equality[i].by = collations[i]
		if !equality[i].exact && equality[i].fold == nil && l.types[i] == lookupkey.CaselessASCII {
			l.types[i] = lookupkey.Text
		}
	}
	if equality.exact() {
		l.equality = equality
		return nil
	}
	compare := comparison(collations)
	if _, err := l.db.describe(ctx, rewrite{sql: compare, from: compare}, slices.Concat(l.oids, l.oids)); err != nil {
		if stages.ClassOf(err) == stages.Transient {
			return err
		}
		return invalid(fmt.Errorf("the server cannot compare the key with that of a row by =, so nothing says which row belongs to which key; "+
			"compare with a cast (WHERE k::text = ANY($keys)) and return that cast as the key: %w", errors.Unwrap(err)))
	}
	l.equality = equality
	l.ask = func(ctx context.Context, keys []lookup.Key, rows []rowKey, equal func(key, row int)) error {
		return l.compare(ctx, compare, keys, rows, equal)
	}
	return nil
}

// equalityOf is how the server compares values of a type, and of a collation that is empty where it compares bytes.
func (l *pgLookup) equalityOf(ctx context.Context, oid uint32, collation string) (partEquality, error) {
	_, t, _ := l.db.known(oid)
	switch oid {
	case oidInt2, oidInt4, oidInt8, oidNumeric, oidBool, oidUUID,
		oidTimestamptz, oidTimestamp, oidDate:
		return partEquality{exact: true}, nil
	case oidText, oidVarchar, oidBPChar:
		return partEquality{exact: collation == ""}, nil
	case oidFloat4:
		return partEquality{fold: foldFloat(32)}, nil
	case oidFloat8:
		return partEquality{fold: foldFloat(64)}, nil
	case oidInet, oidCIDR, oidMacaddr, oidMacaddr8, oidTime, oidBit, oidVarbit,
		oidName, oidQChar, oidOID:
		return partEquality{distinct: true}, nil
	}
	switch {
	case t.enum:
		return partEquality{exact: true}, nil
	case t.name == citext:
		usual, err := l.lowersASCII(ctx)
		if err != nil || !usual {
			return partEquality{}, err
		}
		return partEquality{fold: foldCaseless, regular: regularCaseless}, nil
	}
	return partEquality{}, nil
}

// lowersASCII reports whether the database's locale lowers I to i: the Turkish locale does not.
func (l *pgLookup) lowersASCII(ctx context.Context) (usual bool, err error) {
	err = l.db.run(ctx, sqldriver.PostgresQuery{SQL: "SELECT lower('I') = 'i'"}, func(_ []sqldriver.PostgresField, v [][]byte) error {
		usual = string(v[0]) == "t"
		return nil
	})
	return usual, err
}

// collations names, as SQL does, the collations of the key's columns that take different texts for equal. The others are
// empty.
func (l *pgLookup) collations(ctx context.Context, r rewrite, lay *layout, elements []uint32) ([]string, error) {
	found := make([]string, len(elements))
	var (
		columns []string
		at      []int
	)
	for i, oid := range elements {
		switch oid {
		case oidText, oidVarchar, oidBPChar:
			columns = append(columns, `pg_collation_for("loaderline keyed".`+quotePostgres(lay.names[lay.keys[i]])+"::text)")
			at = append(at, i)
		}
	}
	if len(columns) == 0 {
		return found, nil
	}
	q := sqldriver.PostgresQuery{
		SQL:  "SELECT " + strings.Join(columns, ", ") + " FROM (SELECT 1) one LEFT JOIN (\n" + r.sql + "\n) \"loaderline keyed\" ON false",
		OIDs: l.oids,
	}
	for range l.oids {
		q.Values = append(q.Values, []byte("{}"))
	}
	names := make([]string, len(columns))
	if err := l.db.run(ctx, q, func(_ []sqldriver.PostgresField, v [][]byte) error {
		for i := range v {
			names[i] = string(v[i])
		}
		return nil
	}); err != nil {
		return nil, statementError(ctx, err, rewrite{}, 0)
	}
	for n, name := range names {
		loose, err := l.comparesLoosely(ctx, name)
		if err != nil {
			return nil, err
		}
		if loose {
			found[at[n]] = name
		}
	}
	return found, nil
}

// looseSQL works on servers whose collations all compare bytes in the end.
const looseSQL = `
SELECT count(*) FROM pg_catalog.pg_collation c JOIN pg_catalog.pg_namespace n ON n.oid = c.collnamespace
WHERE $1 IN (quote_ident(c.collname), quote_ident(n.nspname) || '.' || quote_ident(c.collname))
  AND to_jsonb(c) ->> 'collisdeterministic' = 'false'`

// comparesLoosely reports whether a collation takes different texts for equal.
func (l *pgLookup) comparesLoosely(ctx context.Context, collation string) (loose bool, err error) {
	if collation == "" || collation == `"default"` || collation == `"C"` {
		return false, nil
	}
	q := sqldriver.PostgresQuery{SQL: looseSQL, Values: [][]byte{[]byte(collation)}, OIDs: []uint32{oidText}}
	err = l.db.run(ctx, q, func(_ []sqldriver.PostgresField, v [][]byte) error {
		loose = string(v[0]) != "0"
		return nil
	})
	return loose, err
}

// comparison is the statement that finds the pairs of keys and rows that are equal, by their numbers.
func comparison(collations []string) string {
	parts := len(collations)
	lists, columns, on := make([]string, 2*parts), make([]string, parts), make([]string, parts)
	for i, collation := range collations {
		lists[i], lists[parts+i] = "$"+strconv.Itoa(i+1), "$"+strconv.Itoa(parts+i+1)
		columns[i] = "v" + strconv.Itoa(i)
		on[i] = "a." + columns[i] + " = r." + columns[i]
		if collation != "" {
			on[i] += " COLLATE " + collation
		}
	}
	names := "(" + strings.Join(columns, ", ") + ", n)"
	return "SELECT a.n - 1, r.n - 1 FROM unnest(" + strings.Join(lists[:parts], ", ") + ") WITH ORDINALITY a" + names +
		" JOIN unnest(" + strings.Join(lists[parts:], ", ") + ") WITH ORDINALITY r" + names + " ON " + strings.Join(on, " AND ")
}

func (l *pgLookup) compare(ctx context.Context, sql string, keys []lookup.Key, rows []rowKey, equal func(key, row int)) error {
	values := arrays(keys, len(l.oids))
	lists := make([][]byte, len(l.oids))
	for i, r := range rows {
		for part, cell := range r.parts() {
			separator := byte(',')
			if i == 0 {
				separator = '{'
			}
			lists[part] = appendElement(append(lists[part], separator), lookupkey.AppendText(nil, lookup.Key(cell)))
		}
	}
	for _, list := range lists {
		values = append(values, append(list, '}'))
	}
	q := sqldriver.PostgresQuery{SQL: sql, Values: values, OIDs: slices.Concat(l.oids, l.oids)}
	return l.db.run(ctx, q, func(_ []sqldriver.PostgresField, v [][]byte) error {
		key, err := strconv.Atoi(string(v[0]))
		if err != nil {
			return err
		}
		row, err := strconv.Atoi(string(v[1]))
		if err != nil {
			return err
		}
		equal(key, row)
		return nil
	})
}

func quotePostgres(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
