package sqllookup

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"strings"
)

// findJSON are the names, in lower case, of the columns that MariaDB keeps as text and checks to be JSON: the protocol
// does not say that they are. A name counts where a table that the statement names has such a column, so that a JSON
// column under another name is text. It asks in a way for which the right to read is enough.
func (l *mysqlLookup) findJSON(ctx context.Context, columns []*sql.ColumnType) (map[string]bool, error) {
	candidates := map[string]bool{}
	for _, c := range columns {
		if strings.HasSuffix(c.DatabaseTypeName(), "TEXT") {
			candidates[strings.ToLower(c.Name())] = true
		}
	}
	if len(candidates) == 0 {
		return nil, nil
	}
	var version string
	if err := l.db.pool.QueryRowContext(ctx, "SELECT VERSION()").Scan(&version); err != nil {
		return nil, err
	}
	if !strings.Contains(version, "MariaDB") {
		return nil, nil // MySQL has a type for it.
	}
	tables, err := l.tablesWithText(ctx, slices.Sorted(maps.Keys(candidates)))
	if err != nil {
		return nil, err
	}
	found := map[string]bool{}
	for _, table := range tables {
		var name, definition string
		err := l.db.pool.QueryRowContext(ctx, "SHOW CREATE TABLE "+table).Scan(&name, &definition)
		if err != nil && ctx.Err() != nil {
			return nil, err
		}
		definition = strings.ToLower(definition) // Empty for a view, or where it may not be seen.
		for column := range candidates {
			if strings.Contains(definition, "json_valid("+quoteMySQL(column)+")") {
				found[column] = true
			}
		}
	}
	return found, nil
}

// tablesWithText are the tables, as statements name them, that this one may speak of and that have such a column.
func (l *mysqlLookup) tablesWithText(ctx context.Context, columns []string) (tables []string, err error) {
	words := slices.Sorted(maps.Keys(l.statement.words(mysqlDialect)))
	if len(words) == 0 {
		return nil, nil
	}
	var args []any
	for _, list := range [][]string{columns, words, words} {
		for _, word := range list {
			args = append(args, word)
		}
	}
	inWords := "IN (" + strings.TrimSuffix(strings.Repeat("?,", len(words)), ",") + ")"
	rows, err := l.db.pool.QueryContext(ctx, "SELECT DISTINCT table_schema, table_name FROM information_schema.columns"+
		" WHERE data_type = 'longtext' AND column_name IN ("+strings.TrimSuffix(strings.Repeat("?,", len(columns)), ",")+")"+
		" AND LOWER(table_name) "+inWords+" AND (table_schema = DATABASE() OR LOWER(table_schema) "+inWords+")", args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var schema, table string
		if err := rows.Scan(&schema, &table); err != nil {
			return nil, err
		}
		tables = append(tables, quoteMySQL(schema)+"."+quoteMySQL(table))
	}
	return tables, rows.Err()
}

// quoteMySQL is a name as a statement has it.
func quoteMySQL(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }
