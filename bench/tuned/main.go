// Command tuned enriches the workload's events by hand: the program that a good engineer writes for this one job, and
// that loaderline is measured against. It is one loop without overlap: poll, look up what is not in the map by three
// bulk queries, produce, commit. It caches without bound or expiry, retries nothing and dead-letters nothing.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"
)

// options are the command line.
type options struct {
	brokers, dsn, input, output, group, txn, delivery string
	sessions                                          int
}

func main() {
	var o options
	flag.StringVar(&o.brokers, "brokers", "localhost:9092", "comma-separated brokers")
	flag.StringVar(&o.dsn, "dsn", "", "the shop's PostgreSQL")
	flag.StringVar(&o.input, "input", "user-events", "topic to read")
	flag.StringVar(&o.output, "output", "user-events-enriched", "topic to write")
	flag.StringVar(&o.group, "group", "tuned", "consumer group")
	flag.StringVar(&o.txn, "txn", "", "prefix of the transactional ids (default: the group)")
	flag.StringVar(&o.delivery, "delivery", "exactly_once", "exactly_once or at_least_once")
	flag.IntVar(&o.sessions, "sessions", 1, "sessions that share the cache")
	flag.Parse()
	if o.txn == "" {
		o.txn = o.group
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "tuned:", err)
		os.Exit(1)
	}
}

// run runs all sessions until ctx ends or one fails.
func run(ctx context.Context, o options) error {
	open := openTransactional
	switch o.delivery {
	case "exactly_once":
	case "at_least_once":
		open = openPlain
	default:
		return fmt.Errorf("-delivery %q: want exactly_once or at_least_once", o.delivery)
	}
	tails := &tailCache{tails: make(map[int64][]byte)}
	group, ctx := errgroup.WithContext(ctx)
	for n := range o.sessions {
		group.Go(func() error {
			db, err := pgx.Connect(ctx, o.dsn)
			if err != nil {
				return err
			}
			defer func() { _ = db.Close(context.WithoutCancel(ctx)) }()
			s, err := open(ctx, o, n)
			if err != nil {
				return err
			}
			defer s.close()
			return loop(ctx, s, &lookup{db: db, tails: tails}, o.output)
		})
	}
	return group.Wait()
}

// loop enriches batch after batch.
func loop(ctx context.Context, s session, l *lookup, topic string) error {
	const batch = 5000
	for {
		fetches := s.poll(ctx, batch)
		if err := fetches.Err(); err != nil {
			return unlessEnded(ctx, err)
		}
		out, err := l.enrich(ctx, fetches.Records())
		if err != nil {
			return unlessEnded(ctx, err) // what was polled is not committed, and comes again.
		}
		for _, r := range out {
			r.Topic = topic
		}
		if err := s.commit(context.WithoutCancel(ctx), out); err != nil {
			return err
		}
	}
}

// unlessEnded returns the error, but not for what the end of ctx broke off.
func unlessEnded(ctx context.Context, err error) error {
	select {
	case <-ctx.Done():
		return nil
	default:
		return err
	}
}

// session polls records and commits them with what was made of them.
type session struct {
	poll   func(context.Context, int) kgo.Fetches
	commit func(context.Context, []*kgo.Record) error
	close  func()
}

// clientOptions are those of both deliveries.
func clientOptions(o options) []kgo.Opt {
	return []kgo.Opt{
		kgo.SeedBrokers(strings.Split(o.brokers, ",")...),
		kgo.ConsumerGroup(o.group),
		kgo.ConsumeTopics(o.input),
		kgo.ConsumeStartOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.BlockRebalanceOnPoll(),
		kgo.ProducerLinger(0),
	}
}

// openTransactional opens session number n, which commits offsets and outputs in one transaction.
func openTransactional(ctx context.Context, o options, n int) (session, error) {
	s, err := kgo.NewGroupTransactSession(append(clientOptions(o),
		kgo.TransactionalID(fmt.Sprintf("%s-%d", o.txn, n)), kgo.TransactionTimeout(10*time.Second))...)
	if err != nil {
		return session{}, err
	}
	if _, _, err := s.Client().ProducerID(ctx); err != nil { // ends what a predecessor left open.
		s.CloseAllowingRebalance()
		return session{}, err
	}
	commit := func(ctx context.Context, out []*kgo.Record) error {
		defer s.AllowRebalance()
		if err := s.Begin(); err != nil {
			return err
		}
		promise := produceAll(ctx, s.Produce, out)
		committed, err := s.End(ctx, kgo.TransactionEndTry(promise == nil))
		if err != nil || committed {
			return err
		}
		return promise // without one a rebalance came between: the records come again.
	}
	return session{poll: s.PollRecords, commit: commit, close: s.CloseAllowingRebalance}, nil
}

// openPlain opens a session that commits offsets once all outputs are acknowledged.
func openPlain(_ context.Context, o options, _ int) (session, error) {
	c, err := kgo.NewClient(append(clientOptions(o), kgo.DisableAutoCommit())...)
	if err != nil {
		return session{}, err
	}
	commit := func(ctx context.Context, out []*kgo.Record) error {
		defer c.AllowRebalance()
		if err := produceAll(ctx, c.Produce, out); err != nil {
			return err
		}
		return c.CommitUncommittedOffsets(ctx)
	}
	return session{poll: c.PollRecords, commit: commit, close: c.CloseAllowingRebalance}, nil
}

// produceAll produces records, waits for all, and returns the first error.
func produceAll(ctx context.Context, produce func(context.Context, *kgo.Record, func(*kgo.Record, error)), out []*kgo.Record) error {
	var first kgo.FirstErrPromise
	for _, r := range out {
		produce(ctx, r, first.Promise())
	}
	return first.Err()
}

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

// enrich returns the outputs of records.
func (l *lookup) enrich(ctx context.Context, records []*kgo.Record) ([]*kgo.Record, error) {
	users := make([]int64, len(records))
	missing := map[int64]struct{}{}
	l.tails.mu.RLock()
	for i, r := range records {
		user, err := userOf(r.Value)
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
		loaded, err := l.load(ctx, missing)
		if err != nil {
			return nil, err
		}
		l.tails.mu.Lock()
		maps.Copy(l.tails.tails, loaded)
		l.tails.mu.Unlock()
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
		value := make([]byte, 0, len(`{"event":`)+len(r.Value)+len(tail))
		value = append(append(append(value, `{"event":`...), r.Value...), tail...)
		block[i] = kgo.Record{Key: r.Key, Value: value, Timestamp: r.Timestamp}
		out[i] = &block[i]
	}
	return out, nil
}

// userOf finds the user's id in an event.
func userOf(event []byte) (int64, error) {
	_, rest, ok := bytes.Cut(event, []byte(`"user_id":`))
	end := bytes.IndexAny(rest, ",}")
	if !ok || end < 0 {
		return 0, errors.New("an event has no user_id")
	}
	return strconv.ParseInt(string(rest[:end]), 10, 64)
}

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

// load looks users up by three bulk queries, one after the other, and encodes their tails.
func (l *lookup) load(ctx context.Context, missing map[int64]struct{}) (map[int64][]byte, error) {
	ids := keys(missing)
	users, err := query(ctx, l.db, "SELECT id, name, email, tier FROM users WHERE id = ANY($1)", ids,
		func(u *user) []any { return []any{&u.ID, &u.Name, &u.Email, &u.Tier} })
	if err != nil {
		return nil, err
	}
	bought, err := query(ctx, l.db, `SELECT id, user_id, product_id, amount_cents, purchased_at
		FROM purchases WHERE user_id = ANY($1) ORDER BY id`, ids,
		func(p *purchase) []any {
			return []any{&p.ID, &p.UserID, &p.ProductID, &p.AmountCents, &p.PurchasedAt}
		})
	if err != nil {
		return nil, err
	}
	products := map[int64]struct{}{}
	for _, p := range bought {
		products[p.ProductID] = struct{}{}
	}
	reviews, err := query(ctx, l.db, `SELECT id, product_id, rating, body
		FROM reviews WHERE product_id = ANY($1) ORDER BY id`, keys(products),
		func(r *review) []any { return []any{&r.ID, &r.ProductID, &r.Rating, &r.Body} })
	if err != nil {
		return nil, err
	}
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
		tail[0] = ',' // it goes on where the event ends.
		tails[u.ID] = tail
	}
	return tails, nil
}

// keys returns the keys of a set.
func keys(set map[int64]struct{}) []int64 {
	list := make([]int64, 0, len(set))
	for key := range set {
		list = append(list, key)
	}
	return list
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
