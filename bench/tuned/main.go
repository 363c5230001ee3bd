// Command tuned enriches the workload's events by hand: the program that a good engineer writes for this one job, and
// that loaderline is measured against. It is one loop without overlap: poll, look up what is not in the map by three
// bulk queries, produce, commit. It caches without bound or expiry, retries nothing and dead-letters nothing.
package main

import (
	"context"
	"flag"
	"fmt"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/loaderline/loaderline/bench/program"
)

// options are the command line.
type options struct {
	brokers, dsn, input, output, group, txn, delivery string
	sessions, batch                                   int
	preload                                           bool
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
	flag.IntVar(&o.batch, "batch", 5000, "records of a batch, at most")
	flag.BoolVar(&o.preload, "preload", false, "cache all users before the first poll")
	flag.Parse()
	if o.txn == "" {
		o.txn = o.group
	}
	program.Main("tuned", func(ctx context.Context) error { return run(ctx, o) })
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
	if o.preload {
		if err := preload(ctx, o.dsn, tails); err != nil {
			return program.UnlessEnded(ctx, err)
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	for n := range o.sessions {
		group.Go(func() error {
			db, err := pgx.Connect(ctx, o.dsn)
			if err != nil {
				return program.UnlessEnded(ctx, err) // A session may be the last to open, when all is done.
			}
			defer func() { _ = db.Close(context.WithoutCancel(ctx)) }()
			s, err := open(ctx, o, n)
			if err != nil {
				return program.UnlessEnded(ctx, err)
			}
			defer s.close()
			return loop(ctx, s, &lookup{db: db, tails: tails}, o)
		})
	}
	return group.Wait()
}

// preload caches all users over its own connection.
func preload(ctx context.Context, dsn string, tails *tailCache) error {
	db, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close(context.WithoutCancel(ctx)) }()
	return (&lookup{db: db, tails: tails}).preload(ctx)
}

// loop enriches batch after batch.
func loop(ctx context.Context, s session, l *lookup, o options) error {
	for {
		fetches := s.poll(ctx, o.batch)
		if err := fetches.Err(); err != nil {
			return program.UnlessEnded(ctx, err)
		}
		out, err := l.enrich(ctx, fetches.Records())
		if err != nil {
			return program.UnlessEnded(ctx, err) // what was polled is not committed, and comes again.
		}
		for _, r := range out {
			r.Topic = o.output
		}
		if err := s.commit(context.WithoutCancel(ctx), out); err != nil {
			return err
		}
	}
}
