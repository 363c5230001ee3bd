package sqllookup

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// sqliteLookup runs a Lookup on SQLite. The keys are one JSON array, so one statement serves any number of them.
type sqliteLookup struct {
	*prepared

	pool   *sql.DB
	sql    string
	layout *layout
	types  []string // the declared types of the columns, in upper case
	forms  []uuidForm
}

func (s *sqlite) prepare(ctx context.Context, l *prepared, st statement) error {
	parts := max(len(l.query.Key), 1)
	for _, u := range st.uses {
		switch {
		case u.form == anyKeys:
			return invalid(errors.New("SQLite has no ANY: write IN ($keys)"))
		case u.form != inKeys && parts > 1:
			return invalid(errors.New("a key of several columns is written (a, b) IN ($keys)"))
		}
	}
	sl := &sqliteLookup{prepared: l, pool: s.pool, sql: st.rewriteWith(func(u use) string {
		switch {
		case u.form == bare:
			return "?1"
		case parts == 1:
			return "IN (SELECT value FROM json_each(?1))"
		default:
			return "IN (SELECT " + extracts(parts) + " FROM json_each(?1))"
		}
	}).sql}
	names, err := sl.describe(ctx)
	if err != nil {
		return prepareError(ctx, err)
	}
	if len(names) == 0 {
		return invalid(errors.New("the statement answers no rows: write a SELECT"))
	}
	if sl.layout, err = newLayout(names, l.query.Key); err != nil {
		return invalid(err)
	}
	if err := sl.findKeyTypes(); err != nil {
		return invalid(err)
	}
	if !slices.ContainsFunc(st.uses, func(u use) bool { return u.form == bare }) { // There, each form might be a row.
		sl.forms = formsOf(l.types, false)
	}
	if err := sl.findEquality(ctx, st.words(sqliteDialect)); err != nil {
		if stages.ClassOf(err) == stages.Fatal {
			return err
		}
		return prepareError(ctx, err)
	}
	sl.sql = asStored(sl.sql, names, sl.types)
	l.columns = names
	for _, declared := range sl.types {
		l.columnTypes = append(l.columnTypes, sqliteColumnType(declared))
	}
	l.signature = fmt.Sprintf("%q %q", names, sl.types)
	l.load, l.scan = sl.loadRows, sl.prepareScan
	l.without = func(ctx context.Context, before, after string) (bool, error) {
		return anyRow(ctx, s.pool, before+sl.sql+after, sqliteError, "[]")
	}
	return nil
}

func extracts(parts int) string {
	columns := make([]string, parts)
	for i := range columns {
		columns[i] = fmt.Sprintf("json_extract(value, '$[%d]')", i)
	}
	return strings.Join(columns, ", ")
}

// describe runs the statement without keys: the driver says what the columns are only then.
func (l *sqliteLookup) describe(ctx context.Context) ([]string, error) {
	rows, err := l.pool.QueryContext(ctx, l.sql, "[]")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name()
		l.types = append(l.types, strings.ToUpper(c.DatabaseTypeName()))
	}
	return names, rows.Err()
}

// prepareError is fatal unless the database could not be asked: no key was at fault yet.
func prepareError(ctx context.Context, err error) error {
	err = sqliteError(ctx, err)
	if e, ok := errors.AsType[*databaseError](err); ok && stages.ClassOf(err) == stages.Permanent {
		return stages.WithClass(e, stages.Fatal)
	}
	return err
}

// findKeyTypes takes the key's types from the declared types of its columns, by SQLite's own rules of affinity.
func (l *sqliteLookup) findKeyTypes() error {
	if l.prepared.types != nil {
		return nil
	}
	for _, column := range l.layout.keys {
		declared, name := l.types[column], l.layout.names[column]
		t, ok := declaredKeyType(declared)
		switch {
		case declared == "":
			return fmt.Errorf("the key column %q is an expression without a declared type: say key_type", name)
		case !ok:
			return fmt.Errorf("the key column %q is declared %s, which does not say what keys are: say key_type", name, declared)
		}
		l.prepared.types = append(l.prepared.types, t)
	}
	return nil
}

func declaredKeyType(declared string) (lookupkey.Type, bool) {
	switch base, _, _ := strings.Cut(declared, "("); strings.TrimSpace(base) {
	case "UUID":
		return lookupkey.UUID, true
	case "BOOLEAN", "BOOL":
		return lookupkey.Boolean, true
	case "DATE", "DATETIME", "TIMESTAMP":
		return lookupkey.Text, true
	case "NUMERIC", "DECIMAL":
		return lookupkey.Numeric, true
	}
	switch {
	case strings.Contains(declared, "INT"):
		return lookupkey.Bigint, true
	case strings.Contains(declared, "CHAR"), strings.Contains(declared, "CLOB"), strings.Contains(declared, "TEXT"):
		return lookupkey.Text, true
	case strings.Contains(declared, "REAL"), strings.Contains(declared, "FLOAT"), strings.Contains(declared, "DOUBLE"):
		return lookupkey.Numeric, true
	}
	return lookupkey.Any, false
}

// asStored hides from the driver that a column is a date: it would parse the text and lose how it was written.
func asStored(statement string, names, types []string) string {
	columns := make([]string, len(names))
	hidden := false
	for i, name := range names {
		columns[i] = `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
		if isTime(types[i]) {
			columns[i] = "+" + columns[i] + " AS " + columns[i]
			hidden = true
		}
	}
	if !hidden {
		return statement
	}
	return "SELECT " + strings.Join(columns, ", ") + " FROM (" + statement + "\n)"
}

func (l *sqliteLookup) loadRows(ctx context.Context, b *stages.Batch[lookup.Key, []byte]) error {
	rows, err := l.pool.QueryContext(ctx, l.sql, l.argument(b.Keys))
	if err != nil {
		return sqliteError(ctx, err)
	}
	defer func() { _ = rows.Close() }()
	if columns, err := rows.ColumnTypes(); err != nil {
		return sqliteError(ctx, err)
	} else if !l.expects(columns) && !l.vague.Load() {
		return errOutdated
	}
	a := newAnswer(l.prepared, l.layout, b)
	r := newSQLiteRow(l.types)
	if err := eachRow(ctx, rows, r.targets, sqliteError, func() error { return a.add(r) }); err != nil {
		return err
	}
	_ = rows.Close() // Its connection may be the only one.
	return a.settle(ctx)
}

// argument is the keys as the statement takes them, each in its forms.
func (l *sqliteLookup) argument(keys []lookup.Key) string {
	return keyArray(asNumbers(inForms(l.prepared.types, keys, l.forms), l.prepared.types))
}

// asNumbers are keys whose numbers with a fraction are JSON numbers: an expression has no affinity that would make numbers of
// strings.
func asNumbers(keys []lookup.Key, types lookupkey.Types) []lookup.Key {
	if !slices.Contains(types, lookupkey.Numeric) {
		return keys
	}
	all := make([]lookup.Key, len(keys))
	var parts []lookup.Key
	for i, key := range keys {
		parts = lookupkey.AppendParts(parts[:0], key)
		for n, part := range parts {
			if types[n] == lookupkey.Numeric {
				parts[n] = lookup.Key(strings.Trim(string(part), `"`))
			}
		}
		if all[i] = parts[0]; len(parts) > 1 {
			all[i] = lookup.Key(keyArray(parts))
		}
	}
	return all
}

// expects reports whether a result has the columns that were described.
func (l *sqliteLookup) expects(columns []*sql.ColumnType) bool {
	return slices.EqualFunc(columns, l.columns, func(c *sql.ColumnType, name string) bool { return c.Name() == name }) &&
		slices.EqualFunc(columns, l.types, func(c *sql.ColumnType, declared string) bool {
			got := strings.ToUpper(c.DatabaseTypeName())
			return got == declared || got == "" && isTime(declared) // asStored has hidden it.
		})
}

func isTime(declared string) bool {
	return declared == "DATE" || declared == "DATETIME" || declared == "TIMESTAMP"
}

// keyArray is the keys as one JSON array. They are JSON already.
func keyArray(keys []lookup.Key) string {
	var b strings.Builder
	b.Grow(16*len(keys) + 2)
	b.WriteByte('[')
	for i, key := range keys {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(string(key))
	}
	b.WriteByte(']')
	return b.String()
}
