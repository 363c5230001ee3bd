package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/loaderline/loaderline/testenv"
)

// attempt runs a processor once, into its own topics.
func (b *Bench) attempt(ctx context.Context, shape Shape, p Processor, dsn string) (r Result, err error) {
	b.runs++
	name := fmt.Sprintf("bench-%s-%d", b.id, b.runs)
	w := world{
		brokers: b.config.Kafka, dsn: dsn, schema: filepath.Join(b.dir, "event.avsc"), output: name + "-out", dead: name + "-dead", group: name,
		partitions: cmp.Or(p.Partitions, b.config.Partitions),
	}
	w.manyPartitions = slices.ContainsFunc(shape.Processors, func(p Processor) bool {
		return cmp.Or(p.Partitions, b.config.Partitions) > mostFollowed
	})
	if w.state, err = os.MkdirTemp(b.dir, "state-"); err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(w.state)) }()
	topics := []string{w.output, w.dead}
	if shape.Rate > 0 || shape.Start || shape.Fault != "" { // It is published while the processor runs, or between its runs.
		w.input = name + "-in"
		topics = append(topics, w.input)
	}
	defer func() { err = errors.Join(err, testenv.DeleteTopics(context.WithoutCancel(ctx), w.brokers, topics...)) }()
	for _, topic := range topics {
		if err := testenv.CreateTopic(ctx, w.brokers, topic, w.partitions, p.Wide.configs()...); err != nil {
			return Result{}, err
		}
	}
	if strings.Contains(p.File, "{users}") {
		if w.users, err = b.publishedUsers(ctx); err != nil {
			return Result{}, err
		}
	}
	if shape.Fault != "" {
		return b.befall(ctx, p, w, shape.Fault)
	}
	if r, err = b.work(ctx, shape, p, &w); err != nil {
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

// work measures a processor at the work of a shape without a fault. It sets the input of the world where that is shared.
func (b *Bench) work(ctx context.Context, shape Shape, p Processor, w *world) (r Result, err error) {
	events := testenv.EventsConfig{Count: b.config.Events, Users: b.config.Users, Uniform: shape.Uniform}
	switch {
	case shape.Rate > 0:
		return b.paced(ctx, p, *w, events, shape.Rate)
	case shape.Start:
		return b.started(ctx, p, *w, events)
	}
	if p.Events > 0 {
		events.Count = min(events.Count, p.Events)
	}
	if w.input, err = b.published(ctx, input{events, p.Avro, w.partitions, p.Wide}); err != nil {
		return Result{}, err
	}
	return b.measure(ctx, p, *w, newCounter(0, events.Count), nil, b.afterwards(shape, *w))
}

// check compares a run's outputs with the input and the database; its verdict is empty when all is right.
func (b *Bench) check(ctx context.Context, w world, p Processor) (string, error) {
	report, err := b.judged(ctx, w, p)
	if err != nil || report.OK() {
		return "", err
	}
	return report.String(), nil
}

// judged returns what the checker says of a run's outputs.
func (b *Bench) judged(ctx context.Context, w world, p Processor) (_ testenv.Report, err error) {
	checker, err := testenv.NewChecker(ctx, testenv.CheckerConfig{
		Kafka: w.brokers, Input: w.input, Output: w.output, DeadLetters: w.dead,
		LedgerConfig: testenv.LedgerConfig{Oracle: b.oracle, AtLeastOnce: p.AtLeastOnce},
	})
	if err != nil {
		return testenv.Report{}, err
	}
	defer func() { err = errors.Join(err, checker.Close()) }()
	return checker.Check(ctx)
}
