package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/bench/shop"
)

// tailCache holds what follows the event in the outputs of each user, encoded.
type tailCache struct {
	mu    sync.RWMutex
	tails map[int64][]byte
}

// lookup enriches the batches of one session.
type lookup struct {
	db    *pgx.Conn
	tails *tailCache
}

// preload caches all users.
func (l *lookup) preload(ctx context.Context) error {
	const call = 5000
	rows, err := l.db.Query(ctx, "SELECT id FROM users")
	if err != nil {
		return err
	}
	users, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return err
	}
	for ids := range slices.Chunk(users, call) {
		if err := l.load(ctx, ids); err != nil {
			return err
		}
	}
	return nil
}

// load looks users up.
func (l *lookup) load(ctx context.Context, ids []int64) error {
	loaded, err := shop.Tails(ctx, l.db, ids)
	if err != nil {
		return err
	}
	l.tails.mu.Lock()
	defer l.tails.mu.Unlock()
	maps.Copy(l.tails.tails, loaded)
	return nil
}

// enrich returns the outputs of records.
func (l *lookup) enrich(ctx context.Context, records []*kgo.Record) ([]*kgo.Record, error) {
	users := make([]int64, len(records))
	missing := map[int64]struct{}{}
	l.tails.mu.RLock()
	for i, r := range records {
		user, err := shop.User(r.Value)
		if err != nil {
			l.tails.mu.RUnlock()
			return nil, err
		}
		users[i] = user
		if _, ok := l.tails.tails[user]; !ok {
			missing[user] = struct{}{}
		}
	}
	l.tails.mu.RUnlock()
	if len(missing) > 0 {
		if err := l.load(ctx, slices.Collect(maps.Keys(missing))); err != nil {
			return nil, err
		}
	}
	l.tails.mu.RLock()
	defer l.tails.mu.RUnlock()
	out := make([]*kgo.Record, len(records))
	block := make([]kgo.Record, len(records))
	for i, r := range records {
		tail, ok := l.tails.tails[users[i]]
		if !ok {
			return nil, fmt.Errorf("there is no user %d", users[i])
		}
		block[i] = kgo.Record{Key: r.Key, Value: shop.Output(r.Value, tail), Timestamp: r.Timestamp}
		out[i] = &block[i]
	}
	return out, nil
}
