// Command naive enriches the workload's events one at a time: it reads an event, asks the database three times, writes
// the output and commits the offset, at least once. It is how such a program begins, and why bulk lookups are worth it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/segmentio/kafka-go"

	"github.com/loaderline/loaderline/bench/program"
	"github.com/loaderline/loaderline/bench/shop"
)

// options are the command line.
type options struct{ brokers, dsn, input, output, group string }

func main() {
	var o options
	flag.StringVar(&o.brokers, "brokers", "localhost:9092", "comma-separated brokers")
	flag.StringVar(&o.dsn, "dsn", "", "the shop's PostgreSQL")
	flag.StringVar(&o.input, "input", "user-events", "topic to read")
	flag.StringVar(&o.output, "output", "user-events-enriched", "topic to write")
	flag.StringVar(&o.group, "group", "naive", "consumer group")
	flag.Parse()
	program.Main("naive", func(ctx context.Context) error { return run(ctx, o) })
}

// run enriches event after event until ctx ends.
func run(ctx context.Context, o options) (err error) {
	db, err := pgx.Connect(ctx, o.dsn)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close(context.WithoutCancel(ctx))) }()
	brokers := strings.Split(o.brokers, ",")
	reader := kafka.NewReader(kafka.ReaderConfig{
		Brokers: brokers, GroupID: o.group, Topic: o.input, StartOffset: kafka.FirstOffset, MaxWait: 250 * time.Millisecond,
	})
	defer func() { err = errors.Join(err, reader.Close()) }()
	writer := &kafka.Writer{
		Addr: kafka.TCP(brokers...), Topic: o.output, Balancer: kafka.Murmur2Balancer{Consistent: true},
		RequiredAcks: kafka.RequireAll, BatchSize: 1,
	}
	defer func() { err = errors.Join(err, writer.Close()) }()
	for {
		event, err := reader.FetchMessage(ctx)
		if err != nil {
			return program.UnlessEnded(ctx, err)
		}
		value, err := enrich(ctx, db, event.Value)
		if err != nil {
			return program.UnlessEnded(ctx, err)
		}
		if err := writer.WriteMessages(ctx, kafka.Message{Key: event.Key, Value: value, Time: event.Time}); err != nil {
			return program.UnlessEnded(ctx, err)
		}
		if err := reader.CommitMessages(ctx, event); err != nil {
			return program.UnlessEnded(ctx, err)
		}
	}
}

// enrich returns the output of an event.
func enrich(ctx context.Context, db *pgx.Conn, event []byte) ([]byte, error) {
	user, err := shop.User(event)
	if err != nil {
		return nil, err
	}
	tails, err := shop.Tails(ctx, db, []int64{user})
	if err != nil {
		return nil, err
	}
	tail, ok := tails[user]
	if !ok {
		return nil, fmt.Errorf("there is no user %d", user)
	}
	return shop.Output(event, tail), nil
}
