package bench

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/loaderline/loaderline/testenv"
)

// Config configures [Run].
type Config struct {
	// Kafka is the bootstrap address, Postgres the DSN of a database whose user may create databases. Required.
	Kafka, Postgres string
	// Events is what is published, once for all runs.
	Events testenv.EventsConfig
	// Rounds is how often each processor runs. Defaults to 1.
	Rounds int
	// Partitions is the number of partitions of each topic. Defaults to 4.
	Partitions int
	// Check compares all outputs of each run with the database, besides that each event has one.
	Check bool
	// Words takes progress and what the processors print.
	Words io.Writer
}

// Run seeds a shop in a database of its own, publishes the events, and runs the processors in turn, round by round,
// each into a new topic and as a new group. What it made is removed when it returns. A run whose outputs are wrong
// is in the results with a verdict; one that does not come to its end is an error.
func Run(ctx context.Context, config Config, processors ...Processor) (results []Result, err error) {
	if config.Events.Count == 0 {
		config.Events.Count = 500_000
	}
	config.Rounds = max(config.Rounds, 1)
	if config.Partitions == 0 {
		config.Partitions = 4
	}
	dir, err := os.MkdirTemp("", "loaderline-bench-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	dsn, drop, err := testenv.CreateDatabase(ctx, config.Postgres)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, drop(context.WithoutCancel(ctx))) }()
	b := &bench{config: config, dir: dir, id: strings.ToLower(rand.Text()[:8]), dsn: dsn}
	b.input = "bench-" + b.id + "-in"
	if err := b.prepare(ctx); err != nil {
		return nil, err
	}
	defer func() {
		err = errors.Join(err, testenv.DeleteTopics(context.WithoutCancel(ctx), config.Kafka, b.input))
	}()
	for round := range config.Rounds {
		for _, p := range processors {
			r, err := b.run(ctx, p, round)
			if err != nil {
				return results, fmt.Errorf("%s, round %d: %w", p.Name, round+1, err)
			}
			_, _ = fmt.Fprintf(config.Words, "round %d  %-24s %8.0f events/s  %5.2f CPU s  %4.0f MiB  %s\n",
				round+1, p.Name, r.Rate, r.CPU, r.RSS, r.Verdict)
			results = append(results, r)
		}
	}
	return results, nil
}

// bench is one call of Run.
type bench struct {
	config     Config
	dir, id    string
	dsn, input string
	oracle     testenv.Oracle
}

// prepare seeds and publishes.
func (b *bench) prepare(ctx context.Context) error {
	if err := testenv.SeedShop(ctx, b.dsn, testenv.ShopConfig{Users: b.config.Events.Users}); err != nil {
		return err
	}
	if b.config.Check {
		oracle, err := testenv.LoadShopOracle(ctx, b.dsn)
		if err != nil {
			return err
		}
		b.oracle = oracle
	}
	if err := testenv.CreateTopic(ctx, b.config.Kafka, b.input, b.config.Partitions); err != nil {
		return err
	}
	published, err := testenv.Publish(ctx, testenv.PublishConfig{Kafka: b.config.Kafka, Topic: b.input},
		testenv.Events(b.config.Events))
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(b.config.Words, "published %d events in %.1f s\n", published.Records, published.Elapsed.Seconds())
	return nil
}

// run runs a processor once, into topics of its own.
func (b *bench) run(ctx context.Context, p Processor, round int) (r Result, err error) {
	name := fmt.Sprintf("bench-%s-%s-%d", b.id, p.Name, round+1)
	w := world{
		brokers: b.config.Kafka, dsn: b.dsn, input: b.input, output: name + "-out", dead: name + "-dead", group: name,
	}
	for _, topic := range []string{w.output, w.dead} {
		if err := testenv.CreateTopic(ctx, w.brokers, topic, b.config.Partitions); err != nil {
			return Result{}, err
		}
	}
	defer func() {
		err = errors.Join(err, testenv.DeleteTopics(context.WithoutCancel(ctx), w.brokers, w.output, w.dead))
	}()
	argv, err := p.command(w, b.dir)
	if err != nil {
		return Result{}, err
	}
	if r, err = measure(ctx, w, b.config.Events.Count, argv, b.config.Words); err != nil {
		return Result{}, err
	}
	r.Processor, r.Round = p.Name, round+1
	if r.Repeated > 0 && !p.AtLeastOnce {
		r.Verdict = fmt.Sprintf("NOT OK: %d outputs are repeated", r.Repeated)
	}
	if b.config.Check {
		if r.Verdict, err = b.check(ctx, w, p); err != nil {
			return Result{}, err
		}
	}
	return r, nil
}

// check compares a run's outputs with the input and the database; its verdict is empty when all is right.
func (b *bench) check(ctx context.Context, w world, p Processor) (_ string, err error) {
	checker, err := testenv.NewChecker(ctx, testenv.CheckerConfig{
		Kafka: w.brokers, Input: w.input, Output: w.output, DeadLetters: w.dead,
		LedgerConfig: testenv.LedgerConfig{Oracle: b.oracle, AtLeastOnce: p.AtLeastOnce},
	})
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, checker.Close()) }()
	report, err := checker.Check(ctx)
	if err != nil || report.OK() {
		return "", err
	}
	return report.String(), nil
}
