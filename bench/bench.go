package bench

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/loaderline/loaderline/testenv"
)

// Config configures [Open].
type Config struct {
	// Kafka is the bootstrap address, Postgres the DSN of a database whose user may create databases. Required.
	Kafka, Postgres string
	// Events is the number of events of a run, at least 10. Defaults to 500,000.
	Events int
	// Users is the number of users in the shop. Defaults to 100,000.
	Users int
	// Rounds is how often each processor runs. Defaults to 1.
	Rounds int
	// Paced is how long a run of a paced shape takes, at least 1 s. Its first quarter is not measured. Defaults to 20 s.
	Paced time.Duration
	// Partitions is the number of partitions of each topic. Defaults to 4.
	Partitions int
	// Check compares all outputs of each run with the database, besides that each event has one.
	Check bool
	// Words takes progress. Defaults to nowhere.
	Words io.Writer
}

// withDefaults returns the configuration with its zero values replaced.
func (c Config) withDefaults() Config {
	for value, otherwise := range map[*int]int{&c.Events: 500_000, &c.Users: 100_000, &c.Rounds: 1, &c.Partitions: 4} {
		if *value == 0 {
			*value = otherwise
		}
	}
	if c.Paced == 0 {
		c.Paced = 20 * time.Second
	}
	if c.Words == nil {
		c.Words = io.Discard
	}
	return c
}

// Validate returns an error where a value is too small.
func (c Config) Validate() error {
	c = c.withDefaults()
	const fewest = 10 // The rate is from a tenth of the events on.
	switch {
	case c.Events < fewest:
		return fmt.Errorf("%d events: want at least %d", c.Events, fewest)
	case c.Users < 1 || c.Rounds < 1 || c.Partitions < 1:
		return fmt.Errorf("%d users, %d rounds, %d partitions: want at least 1", c.Users, c.Rounds, c.Partitions)
	case c.Paced < time.Second:
		return fmt.Errorf("paced for %s: want at least 1s", c.Paced)
	default:
		return nil
	}
}

// Bench is a shop and the inputs of the runs. Its methods are for one goroutine.
type Bench struct {
	config Config
	dir    string // of the processors' files.
	id     string // begins the names of topics and groups.
	runs   int    // numbers them.
	shop   database
	drop   func(context.Context) error
	inputs map[input]string // topics that are published already.
	users  string           // the topic with the users, if it is published already.
	oracle testenv.Oracle   // nil where the outputs are not compared.
}

// Open seeds a shop in its own database. [Bench.Close] removes it, and the topics of the runs.
func Open(ctx context.Context, config Config) (_ *Bench, err error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	b := &Bench{config: config.withDefaults(), id: strings.ToLower(rand.Text()[:8]), inputs: map[input]string{}}
	if b.dir, err = os.MkdirTemp("", "loaderline-bench-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.Close(context.WithoutCancel(ctx)))
		}
	}()
	if err := os.WriteFile(filepath.Join(b.dir, "event.avsc"), []byte(eventSchema), 0o600); err != nil {
		return nil, err
	}
	dsn, drop, err := testenv.CreateDatabase(ctx, b.config.Postgres)
	if err != nil {
		return nil, err
	}
	b.drop = drop
	if b.shop, err = seed(ctx, b.config.Postgres, dsn, b.config.Users); err != nil {
		return nil, err
	}
	if b.config.Check {
		if b.oracle, err = testenv.LoadShopOracle(ctx, dsn); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// Close removes what the bench made.
func (b *Bench) Close(ctx context.Context) error {
	errs := []error{os.RemoveAll(b.dir)}
	topics := slices.Collect(maps.Values(b.inputs))
	if b.users != "" {
		topics = append(topics, b.users)
	}
	if len(topics) > 0 {
		errs = append(errs, testenv.DeleteTopics(ctx, b.config.Kafka, topics...))
	}
	if b.drop != nil {
		errs = append(errs, b.drop(ctx))
	}
	return errors.Join(errs...)
}

// Run runs the processors of a shape in turn, round by round, each into new topics and as a new group. A run that fails
// is in the results, and the others follow. An error is that of ctx, or of what all runs need; what was measured
// before it is returned too.
func (b *Bench) Run(ctx context.Context, shape Shape) (results []Result, err error) {
	if err := shape.check(); err != nil {
		return nil, err
	}
	dsn, disconnect, err := b.shop.through(ctx, shape.Delay)
	if err != nil {
		return nil, err
	}
	defer disconnect()
	rounds := max(b.config.Rounds, shape.Rounds)
	for round := range rounds {
		for i := range shape.Processors {
			p := shape.Processors[(round+i)%len(shape.Processors)] // so that none always comes after the same one.
			r, err := b.attempt(ctx, shape, p, dsn)
			if ctx.Err() != nil {
				return results, context.Cause(ctx)
			}
			if err != nil {
				r.Failure = err.Error()
			}
			r.Processor, r.Round = p.Name, round+1
			_, _ = fmt.Fprintf(b.config.Words, "%s  round %d of %d, %d of %d  %-22s %s\n",
				shape.Name, round+1, rounds, i+1, len(shape.Processors), p.Name, strings.TrimSpace(r.words()))
			results = append(results, r)
		}
	}
	return results, nil
}

// attempt runs a processor once, into its own topics.
func (b *Bench) attempt(ctx context.Context, shape Shape, p Processor, dsn string) (r Result, err error) {
	b.runs++
	name := fmt.Sprintf("bench-%s-%d", b.id, b.runs)
	partitions := cmp.Or(p.Partitions, b.config.Partitions)
	w := world{
		brokers: b.config.Kafka, dsn: dsn, schema: filepath.Join(b.dir, "event.avsc"), output: name + "-out", dead: name + "-dead", group: name,
		partitions: partitions,
	}
	topics := []string{w.output, w.dead}
	if shape.Rate > 0 || shape.Start { // It is published while the processor runs, or between its runs.
		w.input = name + "-in"
		topics = append(topics, w.input)
	}
	defer func() { err = errors.Join(err, testenv.DeleteTopics(context.WithoutCancel(ctx), w.brokers, topics...)) }()
	for _, topic := range topics {
		if err := testenv.CreateTopic(ctx, w.brokers, topic, partitions, p.Wide.configs()...); err != nil {
			return Result{}, err
		}
	}
	if strings.Contains(p.File, "{users}") {
		if w.users, err = b.publishedUsers(ctx); err != nil {
			return Result{}, err
		}
	}
	events := testenv.EventsConfig{Count: b.config.Events, Users: b.config.Users, Uniform: shape.Uniform}
	switch {
	case shape.Rate > 0:
		r, err = b.paced(ctx, p, w, events, shape.Rate)
	case shape.Start:
		r, err = b.started(ctx, p, w, events)
	default:
		if p.Events > 0 {
			events.Count = min(events.Count, p.Events)
		}
		if w.input, err = b.published(ctx, input{events, p.Avro, partitions, p.Wide}); err == nil {
			r, err = b.measure(ctx, p, w, newCounter(0, events.Count), nil, b.afterwards(shape, w))
		}
	}
	if err != nil {
		return r, err
	}
	if r.Repeated > 0 && !p.AtLeastOnce {
		r.Verdict = fmt.Sprintf("NOT OK: %d outputs are repeated", r.Repeated)
	}
	if b.config.Check && !p.OwnOutputs {
		verdict, err := b.check(ctx, w, p)
		if err != nil {
			return r, err
		}
		if verdict != "" {
			r.Verdict = verdict
		}
	}
	return r, nil
}

// check compares a run's outputs with the input and the database; its verdict is empty when all is right.
func (b *Bench) check(ctx context.Context, w world, p Processor) (_ string, err error) {
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
