package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/loaderline/loaderline/testenv"
)

// Of the events of a fault: how many there are at most, and how many are published in a second. What a processor has not done
// faultPatience after the last of them it will not do: Kafka Streams waits 45 s for its session to end.
const (
	faultEvents   = 50_000
	faultRate     = 5_000
	faultPatience = 90 * time.Second
)

// befall runs a processor that does its first event in peace, and meets a fault in the middle of the others.
func (b *Bench) befall(ctx context.Context, p Processor, w world, fault Fault) (Result, error) {
	launches, err := w.launches(ctx, p, b.dir)
	if err != nil {
		return Result{}, err
	}
	t := newTrial(fault, p, w, launches[0], testenv.EventsConfig{Count: min(b.config.Events, faultEvents), Users: b.config.Users})
	if err := t.run(ctx); err != nil {
		return Result{}, fmt.Errorf("%s: %w", t.counter.progress(), err)
	}
	after, repeated := t.told()
	r := Result{Events: t.events.Count, Repeated: repeated, After: &after}
	return r, b.account(ctx, w, p, &r)
}

// errOpen is why the topics of a run cannot be read to their ends.
var errOpen = errors.New("a transaction is left open")

// account adds to a result what its topics hold. Outputs of the wrong content are its verdict.
func (b *Bench) account(ctx context.Context, w world, p Processor, r *Result) error {
	const wait = 30 * time.Second // A program that is gone may have left a transaction, which ends minutes later.
	ctx, cancel := context.WithTimeoutCause(ctx, wait, errOpen)
	defer cancel()
	err := b.compare(ctx, w, p, r)
	if err != nil && errors.Is(context.Cause(ctx), errOpen) {
		r.After.Open = true
		return nil
	}
	return err
}

// compare counts the dead letters, and compares the outputs with the input and the database.
func (b *Bench) compare(ctx context.Context, w world, p Processor, r *Result) error {
	dead, err := testenv.ReadAll(ctx, w.brokers, w.dead)
	if err != nil {
		return fmt.Errorf("reading the dead letters: %w", err)
	}
	r.After.Dead = len(dead)
	if b.oracle == nil || p.OwnOutputs {
		return nil
	}
	report, err := b.judged(ctx, w, p)
	if wrong := report.Wrong.Count + report.OutOfOrder.Count + report.Unexpected.Count; wrong > 0 {
		r.Verdict = report.String()
	}
	return err
}

// run publishes the events and lets the fault befall the processor. It returns once all events have an output, or will have none.
func (t *trial) run(ctx context.Context) (err error) {
	var working sync.WaitGroup
	defer working.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	one := t.events
	one.Count = 1
	if _, err := testenv.Publish(ctx, testenv.PublishConfig{Kafka: t.world.brokers, Topic: t.world.input}, testenv.Events(one)); err != nil {
		return err
	}
	work := func(do func(context.Context) error) {
		working.Go(func() {
			if err := do(ctx); err != nil && ctx.Err() == nil {
				t.failed <- err
			}
		})
	}
	work(func(ctx context.Context) error {
		return testenv.Follow(ctx, t.world.brokers, t.world.output, t.counter.take)
	})
	if t.process, err = start(ctx, t.launch); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.end()) }()
	if err := t.await(ctx, t.first); err != nil {
		return err
	}
	work(t.publish)
	if t.fault == Kill {
		if err := t.kill(ctx); err != nil {
			return err
		}
	}
	return t.settle(ctx)
}

// await waits for what a processor must reach before the fault.
func (t *trial) await(ctx context.Context, reached <-chan struct{}) error {
	timer := time.NewTimer(faultPatience)
	defer timer.Stop()
	select {
	case <-reached:
		return nil
	case err := <-t.failed:
		return err
	case <-t.process.exited:
		return t.process.ended()
	case <-timer.C:
		return fmt.Errorf("it does nothing for %s", faultPatience)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// kill kills the processor in the middle, and starts it again.
func (t *trial) kill(ctx context.Context) error {
	if err := t.await(ctx, t.middle); err != nil {
		return err
	}
	killed := time.Now()
	if err := t.process.cmd.Process.Kill(); err != nil {
		return err
	}
	<-t.process.exited
	t.gone(killed)
	t.restarts += t.restartsOf(t.process)
	next, err := start(ctx, t.launch)
	if err != nil {
		return err
	}
	t.process = next
	return nil
}

// settle waits until all events have an output, the processor has ended, or there is no hope.
func (t *trial) settle(ctx context.Context) error {
	if err := t.publishedAll(ctx); err != nil {
		return err
	}
	if ended, err := t.outputs(ctx, faultPatience, t.process.exited); err != nil || !ended {
		return err
	}
	const reading = 5 * time.Second // for what the processor had committed before it ended.
	_, err := t.outputs(ctx, reading, nil)
	return err
}

// outputs waits for the outputs of all events, for as long as patience. It returns true as soon as exited is closed; nil never is.
func (t *trial) outputs(ctx context.Context, patience time.Duration, exited <-chan struct{}) (ended bool, err error) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-t.counter.done:
	case <-exited:
		return true, nil
	case <-timer.C:
	case err := <-t.failed:
		return false, err
	case <-ctx.Done():
		return false, context.Cause(ctx)
	}
	return false, nil
}
