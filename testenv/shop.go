package testenv

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
)

// ShopConfig is the size of the shop.
type ShopConfig struct {
	// Users is the number of users; their ids are 0 to Users-1. Defaults to 100,000.
	Users int
	// Products is the number of products that purchases and reviews speak of. Defaults to 10,000.
	Products int
	// Seed makes another shop of the same size. Defaults to 1.
	Seed uint64
}

// withDefaults returns the configuration with its zero values replaced.
func (c ShopConfig) withDefaults() ShopConfig {
	if c.Users == 0 {
		c.Users = 100_000
	}
	if c.Products == 0 {
		c.Products = 10_000
	}
	if c.Seed == 0 {
		c.Seed = 1
	}
	return c
}

const shopTables = `
CREATE TABLE users (id bigint PRIMARY KEY, name text, email text, tier text);
CREATE TABLE purchases (id bigint PRIMARY KEY, user_id bigint, product_id bigint, amount_cents bigint, purchased_at timestamptz);
CREATE TABLE reviews (id bigint PRIMARY KEY, product_id bigint, rating int, body text)`

const shopIndexes = `
CREATE INDEX purchases_user_id ON purchases (user_id);
CREATE INDEX reviews_product_id ON reviews (product_id)`

// SeedShop creates the tables users, purchases and reviews and fills them: each user has zero to six purchases,
// each product zero to six reviews. The same configuration always gives the same rows. Tables of these names that
// are there already are an error, and nothing is changed then.
func SeedShop(ctx context.Context, dsn string, config ShopConfig) (err error) {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return fmt.Errorf("seeding the shop: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error { return seed(ctx, tx, config.withDefaults()) })
	if err == nil {
		_, err = conn.Exec(ctx, "ANALYZE")
	}
	if err != nil {
		return fmt.Errorf("seeding the shop: %w", err)
	}
	return nil
}

// seed fills the shop within a transaction.
func seed(ctx context.Context, tx pgx.Tx, config ShopConfig) error {
	if _, err := tx.Exec(ctx, shopTables); err != nil {
		return err
	}
	random := rand.New(rand.NewPCG(config.Seed, config.Seed))
	for _, table := range []struct {
		name    string
		columns []string
		rows    [][]any
	}{
		{"users", []string{"id", "name", "email", "tier"}, config.users()},
		{
			"purchases",
			[]string{"id", "user_id", "product_id", "amount_cents", "purchased_at"},
			config.purchases(random),
		},
		{"reviews", []string{"id", "product_id", "rating", "body"}, config.reviews(random)},
	} {
		_, err := tx.CopyFrom(ctx, pgx.Identifier{table.name}, table.columns, pgx.CopyFromRows(table.rows))
		if err != nil {
			return fmt.Errorf("table %s: %w", table.name, err)
		}
	}
	_, err := tx.Exec(ctx, shopIndexes)
	return err
}

const mostPurchases, mostReviews = 6, 6

// users returns the rows of users.
func (c ShopConfig) users() [][]any {
	tiers := [...]string{"free", "plus", "pro"}
	rows := make([][]any, c.Users)
	for id := range rows {
		rows[id] = []any{
			int64(id), fmt.Sprintf("User %d", id), fmt.Sprintf("user%d@example.com", id), tiers[id%len(tiers)],
		}
	}
	return rows
}

// purchases returns the rows of purchases.
func (c ShopConfig) purchases(random *rand.Rand) [][]any {
	opened := time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)
	var rows [][]any
	for user := range c.Users {
		for range random.IntN(mostPurchases + 1) {
			at := opened.Add(time.Duration(random.IntN(300*24*3600)) * time.Second)
			rows = append(rows, []any{
				int64(len(rows)), int64(user), random.Int64N(int64(c.Products)), 100 + random.Int64N(50_000), at,
			})
		}
	}
	return rows
}

// reviews returns the rows of reviews.
func (c ShopConfig) reviews(random *rand.Rand) [][]any {
	var rows [][]any
	for product := range c.Products {
		for n := range random.IntN(mostReviews + 1) {
			rows = append(rows, []any{
				int64(len(rows)), int64(product), int32(1 + random.IntN(5)), fmt.Sprintf("Review %d of product %d", n, product),
			})
		}
	}
	return rows
}
