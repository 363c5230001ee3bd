package sqllookup

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/stages/lookup"
)

// findEquality finds out how SQLite compares each part of the key, and the statement that asks it to.
func (l *sqliteLookup) findEquality(ctx context.Context, words map[string]bool) error {
	var columns, on []string
	for part, i := range l.layout.keys {
		column := `keyed."` + strings.ReplaceAll(l.layout.names[i], `"`, `""`) + `"`
		value := "asked.value"
		if len(l.layout.keys) > 1 {
			value = fmt.Sprintf("json_extract(asked.value, '$[%d]')", part)
		}
		columns = append(columns, "+"+column) // By a + the driver takes no text for a date.
		on = append(on, column+" = "+value)
		compared, err := l.equalityOf(ctx, l.prepared.types[part], column, words)
		if err != nil {
			return err
		}
		l.equality = append(l.equality, compared)
	}
	// The left side decides about collation and affinity, as it does in IN.
	query := "SELECT " + strings.Join(columns, ", ") + ", asked.key FROM (\n" + l.sql + "\n) keyed JOIN json_each(?1) asked ON " + strings.Join(on, " AND ")
	l.ask = func(ctx context.Context, keys []lookup.Key, rows []rowKey, equal func(key, row int)) error {
		return l.compare(ctx, query, keys, rows, equal)
	}
	return nil
}

func (l *sqliteLookup) equalityOf(ctx context.Context, t lookupkey.Type, column string, words map[string]bool) (partEquality, error) {
	switch t {
	case lookupkey.Numeric:
		return partEquality{fold: foldFloat(64)}, nil
	case lookupkey.Text, lookupkey.Any, lookupkey.CaselessText, lookupkey.PaddedText:
	default: // The others are of one form whatever the column is.
		return partEquality{exact: true}, nil
	}
	collation, affinity, err := l.comparedBy(ctx, column)
	if err != nil {
		return partEquality{}, err
	}
	if collation != "" {
		if err := changed(t, strings.TrimPrefix(column, "keyed."), collation == "NOCASE", collation == "RTRIM", words); err != nil {
			return partEquality{}, invalid(err)
		}
	}
	bytewise := collation == "BINARY" && (affinity == noAffinity || affinity == blobAffinity || affinity == textAffinity && t == lookupkey.Text)
	return partEquality{exact: bytewise, fold: foldSQLite, by: fmt.Sprintf("%s %#x", collation, affinity)}, nil
}

// The affinities, as instructions have them.
const (
	affinityMask = 0x47
	noAffinity   = 0x40
	blobAffinity = 0x41
	textAffinity = 0x42
)

// comparedBy is the collation and the affinity by which a column is compared. Only the instructions of a comparison name
// them. If they do not, the collation is empty, and any way of comparing is possible.
func (l *sqliteLookup) comparedBy(ctx context.Context, column string) (collation string, affinity int64, err error) {
	const probe = "loaderline probe"
	rows, err := l.pool.QueryContext(ctx, "EXPLAIN SELECT "+column+" = '"+probe+"' FROM (\n"+l.sql+"\n) keyed", "[]")
	if err != nil {
		return "", 0, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	type instruction struct {
		p1, p5 int64
		p4     string
	}
	var (
		compared []instruction
		register = int64(-1)
	)
	for rows.Next() {
		var (
			at, p1, p2, p3, p5 int64
			code               string
			p4, comment        sql.NullString
		)
		if err := rows.Scan(&at, &code, &p1, &p2, &p3, &p4, &p5, &comment); err != nil {
			return "", 0, nil // SQLite does not promise what the instructions look like.
		}
		switch {
		case code == "String8" && p4.String == probe:
			register = p2
		case code == "Eq" || code == "Ne":
			compared = append(compared, instruction{p1, p5, p4.String})
		}
	}
	for _, c := range compared {
		if c.p1 == register {
			collation, _, _ = strings.Cut(c.p4, "-")
			affinity = c.p5 & affinityMask
		}
	}
	return collation, affinity, rows.Err()
}

// foldSQLite is for whatever collation and affinity a column has: case and trailing spaces may not count, and text may be
// compared as a number.
func foldSQLite(text []byte) ([]byte, bool) {
	if number, ok := foldFloat(64)(text); ok {
		return number, true
	}
	folded := bytes.TrimRight(text, " ")
	for i, c := range folded {
		if c >= 'A' && c <= 'Z' {
			folded = bytes.Clone(folded)
			for j := i; j < len(folded); j++ {
				if c := folded[j]; c >= 'A' && c <= 'Z' {
					folded[j] = c | 0x20
				}
			}
			break
		}
	}
	return folded, true
}

// compare runs the statement again for the keys whose rows are not clear, and joins these keys with its result.
func (l *sqliteLookup) compare(ctx context.Context, query string, keys []lookup.Key, rows []rowKey, equal func(key, row int)) error {
	numbers := make(map[string]int, len(rows))
	for i, r := range rows {
		numbers[string(r.cells)] = i
	}
	found, err := l.pool.QueryContext(ctx, query, l.argument(keys))
	if err != nil {
		return sqliteError(ctx, err)
	}
	defer func() { _ = found.Close() }()
	types := make([]string, len(l.layout.keys)+1)
	for part, i := range l.layout.keys {
		types[part] = l.types[i]
	}
	r, last := newSQLiteRow(types), len(types)-1
	var cells []byte
	return eachRow(ctx, found, r.targets, sqliteError, func() error {
		cells = cells[:0]
		for i := range last {
			var err error
			if cells, err = r.appendCell(cells, i); err != nil {
				return nil //nolint:nilerr // The row has no usable key.
			}
			cells = append(cells, 0)
		}
		key, isKey := r.values[last].(int64)
		if row, ok := numbers[string(cells)]; ok && isKey {
			equal(int(key)/max(len(l.forms), 1), row)
		}
		return nil
	})
}
