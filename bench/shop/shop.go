// Package shop looks the users of the workload up by hand: what loaderline's three stages do, written for this one
// database and this one answer.
package shop

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"
)

type user struct {
	ID    int64  `json:"id"`
	Name  string `json:"name"`
	Email string `json:"email"`
	Tier  string `json:"tier"`
}

type purchase struct {
	ID          int64     `json:"id"`
	UserID      int64     `json:"-"`
	ProductID   int64     `json:"product_id"`
	AmountCents int64     `json:"amount_cents"`
	PurchasedAt time.Time `json:"purchased_at"`
	Reviews     []review  `json:"reviews"`
}

type review struct {
	ID        int64  `json:"id"`
	ProductID int64  `json:"product_id"`
	Rating    int32  `json:"rating"`
	Body      string `json:"body"`
}

// Tails looks users up by three bulk queries, one after the other, and returns for each what follows the event in its
// outputs: a comma and the fields user and purchases. A user that is not there has none.
func Tails(ctx context.Context, db *pgx.Conn, ids []int64) (map[int64][]byte, error) {
	users, err := query(ctx, db, "SELECT id, name, email, tier FROM users WHERE id = ANY($1)", ids,
		func(u *user) []any { return []any{&u.ID, &u.Name, &u.Email, &u.Tier} })
	if err != nil {
		return nil, err
	}
	bought, err := query(ctx, db, `SELECT id, user_id, product_id, amount_cents, purchased_at
		FROM purchases WHERE user_id = ANY($1) ORDER BY id`, ids,
		func(p *purchase) []any {
			return []any{&p.ID, &p.UserID, &p.ProductID, &p.AmountCents, &p.PurchasedAt}
		})
	if err != nil {
		return nil, err
	}
	reviews, err := query(ctx, db, `SELECT id, product_id, rating, body
		FROM reviews WHERE product_id = ANY($1) ORDER BY id`, products(bought),
		func(r *review) []any { return []any{&r.ID, &r.ProductID, &r.Rating, &r.Body} })
	if err != nil {
		return nil, err
	}
	return encode(users, bought, reviews)
}

// products returns the products of purchases, each once.
func products(bought []purchase) []int64 {
	seen := map[int64]struct{}{}
	for _, p := range bought {
		seen[p.ProductID] = struct{}{}
	}
	list := make([]int64, 0, len(seen))
	for id := range seen {
		list = append(list, id)
	}
	return list
}

// encode joins the rows.
func encode(users []user, bought []purchase, reviews []review) (map[int64][]byte, error) {
	reviewsOf := map[int64][]review{}
	for _, r := range reviews {
		reviewsOf[r.ProductID] = append(reviewsOf[r.ProductID], r)
	}
	purchasesOf := map[int64][]purchase{}
	for _, p := range bought {
		p.PurchasedAt = p.PurchasedAt.UTC()
		if p.Reviews = reviewsOf[p.ProductID]; p.Reviews == nil {
			p.Reviews = []review{}
		}
		purchasesOf[p.UserID] = append(purchasesOf[p.UserID], p)
	}
	tails := make(map[int64][]byte, len(users))
	for _, u := range users {
		fields := struct {
			User      user       `json:"user"`
			Purchases []purchase `json:"purchases"`
		}{u, purchasesOf[u.ID]}
		if fields.Purchases == nil {
			fields.Purchases = []purchase{}
		}
		tail, err := json.Marshal(fields)
		if err != nil {
			return nil, err
		}
		tail[0] = ',' // It continues the event.
		tails[u.ID] = tail
	}
	return tails, nil
}

// query returns the rows of a bulk query.
func query[T any](ctx context.Context, db *pgx.Conn, sql string, ids []int64, fields func(*T) []any) ([]T, error) {
	rows, err := db.Query(ctx, sql, ids)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (T, error) {
		var value T
		err := row.Scan(fields(&value)...)
		return value, err
	})
}
