package testenv

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
)

// Oracle says what must become of an event. Its methods may be called concurrently.
type Oracle interface {
	// Subject returns what the enrichment of an event depends on, such as its user's id: events of one subject have
	// one enrichment. It is false for an event that cannot be enriched and must be dead-lettered.
	Subject(event []byte) (subject int64, ok bool)
	// Enrichment returns the fields that must be beside "event" in the output, made of map[string]any, []any,
	// string, bool, nil, int64, json.Number (equal text) and time.Time (RFC 3339 in UTC). It is false for a subject
	// whose events must be dead-lettered.
	Enrichment(subject int64) (fields map[string]any, ok bool)
}

// ShopOracle is the oracle of the shop's pipeline: user, purchases, and their reviews nested in them, both lists
// ordered by id; an event about no user, or one who is not there, is dead-lettered.
type ShopOracle struct {
	users     map[int64]shopUser
	purchases map[int64][]shopPurchase // by user.
	reviews   map[int64][]shopReview   // by product.
}

type shopUser struct{ name, email, tier string }

type shopPurchase struct {
	id, product, cents int64
	at                 time.Time
}

type shopReview struct {
	id, rating int64
	body       string
}

// LoadShopOracle reads the whole shop, as one snapshot.
func LoadShopOracle(ctx context.Context, dsn string) (_ *ShopOracle, err error) {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return nil, fmt.Errorf("reading the shop: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	o := &ShopOracle{
		users: map[int64]shopUser{}, purchases: map[int64][]shopPurchase{}, reviews: map[int64][]shopReview{},
	}
	snapshot := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err = pgx.BeginTxFunc(ctx, conn, snapshot, func(tx pgx.Tx) error { return o.load(ctx, tx) })
	if err != nil {
		return nil, fmt.Errorf("reading the shop: %w", err)
	}
	return o, nil
}

// load reads the three tables.
func (o *ShopOracle) load(ctx context.Context, tx pgx.Tx) error {
	var (
		id, owner int64
		user      shopUser
		purchase  shopPurchase
		review    shopReview
	)
	return errors.Join(
		scan(ctx, tx, "SELECT id, name, email, tier FROM users",
			[]any{&id, &user.name, &user.email, &user.tier},
			func() { o.users[id] = user }),
		scan(ctx, tx, "SELECT user_id, id, product_id, amount_cents, purchased_at FROM purchases ORDER BY id",
			[]any{&owner, &purchase.id, &purchase.product, &purchase.cents, &purchase.at},
			func() { o.purchases[owner] = append(o.purchases[owner], purchase) }),
		scan(ctx, tx, "SELECT product_id, id, rating, body FROM reviews ORDER BY id",
			[]any{&owner, &review.id, &review.rating, &review.body},
			func() { o.reviews[owner] = append(o.reviews[owner], review) }),
	)
}

// scan calls each after every row has been scanned into the targets.
func scan(ctx context.Context, tx pgx.Tx, query string, targets []any, each func()) error {
	rows, err := tx.Query(ctx, query)
	if err != nil {
		return err
	}
	_, err = pgx.ForEachRow(rows, targets, func() error { each(); return nil })
	return err
}

// Subject returns the event's user_id, an integer or the text of one.
func (o *ShopOracle) Subject(event []byte) (int64, bool) {
	if user, ok := generatedUser(event); ok {
		return user, true
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(event, &fields); err != nil {
		return 0, false
	}
	id := fields["user_id"]
	var text string
	if bytes.HasPrefix(id, []byte(`"`)) {
		if err := json.Unmarshal(id, &text); err != nil {
			return 0, false
		}
		id = []byte(text)
	}
	user, err := strconv.ParseInt(string(id), 10, 64)
	return user, err == nil
}

// Enrichment returns the fields "user" and "purchases"; it is false where there is no such user.
func (o *ShopOracle) Enrichment(user int64) (map[string]any, bool) {
	u, ok := o.users[user]
	if !ok {
		return nil, false
	}
	purchases := []any{}
	for _, p := range o.purchases[user] {
		reviews := []any{}
		for _, r := range o.reviews[p.product] {
			reviews = append(reviews, map[string]any{
				"id": r.id, "product_id": p.product, "rating": r.rating, "body": r.body,
			})
		}
		purchases = append(purchases, map[string]any{
			"id": p.id, "product_id": p.product, "amount_cents": p.cents, "purchased_at": p.at, "reviews": reviews,
		})
	}
	return map[string]any{
		"user":      map[string]any{"id": user, "name": u.name, "email": u.email, "tier": u.tier},
		"purchases": purchases,
	}, true
}
