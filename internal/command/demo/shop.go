package demo

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"time"

	_ "modernc.org/sqlite" // The database/sql driver "sqlite".
)

// The shop's size. Users are numbered from 0, products too.
const (
	users    = 1000
	products = 200
)

// rowsPerInsert keeps a statement under SQLite's limit of parameters.
const rowsPerInsert = 500

const shopSchema = `
CREATE TABLE users (id BIGINT PRIMARY KEY, name TEXT, email TEXT, tier TEXT);
CREATE TABLE purchases (id BIGINT PRIMARY KEY, user_id BIGINT, product_id BIGINT, amount_cents BIGINT, purchased_at TEXT);
CREATE TABLE reviews (id BIGINT PRIMARY KEY, product_id BIGINT, rating INT, body TEXT);
CREATE INDEX purchases_user_id ON purchases (user_id);
CREATE INDEX reviews_product_id ON reviews (product_id)`

// SeedShop creates a database file with users, purchases and reviews of products: up to six purchases a user, and up
// to six reviews a product, the same each time.
func SeedShop(ctx context.Context, file string) (err error) {
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: file}).EscapedPath(), RawQuery: "_pragma=synchronous(0)"}).String())
	if err != nil {
		return fmt.Errorf("create the shop: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("create the shop: %w", err)
	}
	if err := fill(ctx, tx); err != nil {
		return fmt.Errorf("create the shop: %w", errors.Join(err, tx.Rollback()))
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("create the shop: %w", err)
	}
	return nil
}

func fill(ctx context.Context, tx *sql.Tx) error {
	if _, err := tx.ExecContext(ctx, shopSchema); err != nil {
		return err
	}
	random := rand.New(rand.NewPCG(1, 1))
	var of, purchases, reviews [][]any
	opened := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for id := range users {
		of = append(of, []any{id, fmt.Sprintf("User %d", id), fmt.Sprintf("user%d@example.com", id), []string{"free", "plus", "pro"}[id%3]})
		for range random.IntN(7) {
			at := opened.Add(time.Duration(random.Int64N(300*24*3600)) * time.Second)
			purchases = append(purchases, []any{len(purchases), id, random.IntN(products), 100 + random.IntN(50_000), at.Format(time.RFC3339)})
		}
	}
	for id := range products {
		for n := range random.IntN(7) {
			reviews = append(reviews, []any{len(reviews), id, 1 + random.IntN(5), fmt.Sprintf("Review %d of product %d", n, id)})
		}
	}
	return errors.Join(insert(ctx, tx, "users", of), insert(ctx, tx, "purchases", purchases), insert(ctx, tx, "reviews", reviews))
}

func insert(ctx context.Context, tx *sql.Tx, table string, rows [][]any) error {
	for len(rows) > 0 {
		n := min(len(rows), rowsPerInsert)
		row := "(?" + strings.Repeat(",?", len(rows[0])-1) + ")"
		var args []any
		for _, values := range rows[:n] {
			args = append(args, values...)
		}
		statement := "INSERT INTO " + table + " VALUES " + row + strings.Repeat(","+row, n-1)
		if _, err := tx.ExecContext(ctx, statement, args...); err != nil {
			return fmt.Errorf("fill %s: %w", table, err)
		}
		rows = rows[n:]
	}
	return nil
}
