package sqllookup

import (
	"context"
	"errors"
	"slices"

	"github.com/loaderline/loaderline/internal/sqldriver"
)

// prepareScan describes a query and has the server plan it.
func (l *pgLookup) prepareScan(ctx context.Context, query string) (scanRows, error) {
	r := rewrite{sql: query, from: query}
	described, err := l.db.describe(ctx, r, nil)
	if err != nil {
		return nil, err
	}
	shape, err := l.shapeOf(ctx, described.Fields)
	if err != nil {
		return nil, err
	}
	if err := l.sameColumns(shape.layout.names); err != nil {
		return nil, err
	}
	if err := l.db.explain(ctx, r, nil); err != nil {
		return nil, err
	}
	return func(ctx context.Context, each func(*layout, row) error) error {
		row := pgRow{cells: shape.cells}
		return l.db.stream(ctx, query, func(fields []sqldriver.PostgresField, values [][]byte) error {
			if row.values == nil && !slices.EqualFunc(fields, described.Fields, sameField) {
				return invalid(errors.New("the columns of the result have changed since the start: start again"))
			}
			row.values = values
			return each(shape.layout, &row)
		})
	}, nil
}

func sameField(a, b sqldriver.PostgresField) bool {
	return a.Name == b.Name && a.Type == b.Type
}
