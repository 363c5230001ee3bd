package sqllookup

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"

	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// scan is a lookupext.Scan.
type scan struct {
	lookup *sqlLookup
	query  string
}

// scanRows runs a query and calls each with every row, which it may look at until it returns. Its error ends the query.
type scanRows func(ctx context.Context, each func(*layout, row) error) error

// Scan implements lookupext.Database.
func (l *sqlLookup) Scan(ctx context.Context, query string) (lookupext.Scan, error) {
	query, err := withoutParameters(query, l.db.driver.dialect())
	if err == nil {
		_, err = l.described.Load().scanOf(ctx, query)
	} else {
		err = invalid(err)
	}
	if err != nil {
		return nil, fmt.Errorf("stage %s: %w", l.query.Name, err)
	}
	return &scan{lookup: l, query: query}, nil
}

// scanOf is a scan of a query whose rows, with Many, can be together.
func (p *prepared) scanOf(ctx context.Context, query string) (scanRows, error) {
	if p.query.Many && !p.equality.distinct() {
		return nil, invalid(errors.New("the database takes keys for equal that are written differently, so that the rows of one key need not stand together: " +
			"leave preload out, or give the key column a collation that compares bytes"))
	}
	return p.scan(ctx, query)
}

// withoutParameters is one statement that takes no parameters, without a semicolon at its end.
func withoutParameters(query string, d dialect) (string, error) {
	sc, end := scanner{sql: query, dialect: d}, -1
	for tok := sc.next(); tok.kind != endToken; tok = sc.next() {
		switch {
		case end >= 0:
			return "", errors.New("there is more than one statement: write one SELECT")
		case tok.kind == parameterToken:
			return "", fmt.Errorf("there is a parameter %s: this statement reads rows without being told their keys", tok.text(query))
		case tok.text(query) == ";":
			end = tok.start
		}
	}
	if end >= 0 {
		query = query[:end]
	}
	return query, nil
}

// sameColumns says whether a scan's rows have the fields that the lookup's have.
func (p *prepared) sameColumns(names []string) error {
	if slices.Equal(names, p.columns) {
		return nil
	}
	return invalid(fmt.Errorf("the columns are %s, and those of the stage's query %s: select the same, in the same order",
		strings.Join(names, ", "), strings.Join(p.columns, ", ")))
}

// Run implements lookupext.Scan.
func (s *scan) Run(ctx context.Context, each func(lookupext.Scanned) error) error {
	// The schema may have changed since the start, and a scan is rare enough to ask each time.
	l := s.lookup
	p, err := l.learnAgain(ctx, l.described.Load(), l.learning.now())
	if err != nil {
		return err
	}
	rows, err := p.scanOf(ctx, s.query)
	if err != nil {
		return err
	}
	g := &grouping{lookup: p, each: each, seen: map[uint64]struct{}{}, seed: maphash.MakeSeed()}
	if err := rows(ctx, g.add); err != nil {
		return err
	}
	return g.flush()
}

// eachRow reads all rows into targets, and leaves it to the caller to close them. explain makes a lookup.Error of an error of the
// driver. The errors of each stay as they are.
func eachRow(
	ctx context.Context, rows *sql.Rows, targets []any, explain func(context.Context, error) error, each func() error,
) error {
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return explain(ctx, err)
		}
		if err := each(); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return explain(ctx, err)
	}
	return nil
}

// anyRow reports whether a query returns rows.
func anyRow(ctx context.Context, pool *sql.DB, query string, explain func(context.Context, error) error, args ...any) (bool, error) {
	rows, err := pool.QueryContext(ctx, query, args...)
	if err != nil {
		return false, explain(ctx, err)
	}
	defer func() { _ = rows.Close() }()
	returns := rows.Next()
	if err := rows.Err(); err != nil {
		return false, explain(ctx, err)
	}
	return returns, nil
}

// withoutRows is a query that returns the columns of another, and no rows.
func withoutRows(query string) string { return "SELECT * FROM (\n" + query + "\n) scanned LIMIT 0" }

// grouping puts together the rows of one key that follow each other.
type grouping struct {
	lookup *prepared
	each   func(lookupext.Scanned) error
	reader reader
	seen   map[uint64]struct{} // hashes of the keys that were found before
	seed   maphash.Seed

	key   []byte
	value []byte
	rows  int
	err   error
}

func (g *grouping) add(lay *layout, r row) error {
	if g.reader.layout != lay {
		g.reader = newReader(g.lookup.types, lay)
	}
	if unusable := g.reader.read(r); unusable != nil {
		return nil //nolint:nilerr // Nobody can ask for it.
	}
	if g.rows > 0 && !bytes.Equal(g.key, g.reader.key) {
		if err := g.flush(); err != nil {
			return err
		}
	}
	g.key = append(g.key[:0], g.reader.key...)
	g.rows++
	many := g.lookup.query.Many
	limit := g.lookup.db.cfg.MaxAnswerBytes
	switch {
	case g.err != nil:
		return nil //nolint:nilerr // It is the key's, which has failed.
	case !many && g.rows > 1:
		g.err = &databaseError{message: "there are several rows for one key: many: true makes a list of them"}
		return nil
	case int64(len(g.value)) > limit:
		g.err = &databaseError{message: fmt.Sprintf("the rows of one key are larger than %d bytes", limit)}
		return nil
	case many && g.rows == 1:
		g.value = append(g.value, '[')
	case many:
		g.value = append(g.value, ',')
	}
	g.value, g.err = g.reader.appendObject(g.value, r)
	return nil
}

// flush hands over what was found for the last key.
func (g *grouping) flush() error {
	if g.rows == 0 {
		return nil
	}
	found := lookupext.Scanned{Key: lookup.Key(g.key), Rows: g.rows, Err: g.err}
	hash := maphash.Bytes(g.seed, g.key)
	if _, again := g.seen[hash]; again && found.Err == nil {
		found.Err = &databaseError{message: "the rows of one key do not stand together: ORDER BY the key"}
	}
	g.seen[hash] = struct{}{}
	if found.Err == nil {
		if g.lookup.query.Many {
			g.value = append(g.value, ']')
		}
		found.Value = bytes.Clone(g.value)
	} else {
		found.Err = stages.WithClass(found.Err, stages.Permanent)
	}
	g.value, g.rows, g.err = g.value[:0], 0, nil
	return g.each(found)
}
