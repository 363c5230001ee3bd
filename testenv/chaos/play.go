package chaos

import (
	"context"
	"log/slog"
	"time"
)

// play publishes, and injects and heals the faults.
func (r *Round) play() {
	schedule := r.scenario.Steps(r.random)
	parts := 2.0 // before and after the faults
	for i := range schedule {
		if schedule[i].Share == 0 {
			schedule[i].Share = 1
		}
		parts += schedule[i].Share
	}
	if r.changes != "" {
		r.versions.begin(r.running)
	}
	part := float64(r.scenario.Events) / parts
	r.publishAndRecover(int(part))
	for _, step := range schedule {
		if r.over() {
			return
		}
		if missing := step.Fault.missing(r); missing != "" {
			r.log.Warn("cannot be injected here", slog.String("fault", step.Fault.Name), slog.String("missing", missing))
			r.result.Skipped = append(r.result.Skipped, step.Fault.Name+": needs "+missing)
			continue
		}
		r.step(step, int(part*step.Share))
	}
	if !r.over() {
		r.publishAndRecover(int(part))
	}
}

// over reports whether the round has to end.
func (r *Round) over() bool {
	return r.running.Err() != nil || len(r.unmarked) > 0 || r.options.Quick && len(r.result.Problems) > 0
}

// step injects a fault while events flow, heals it, and waits until the pipeline has recovered.
func (r *Round) step(step Step, events int) {
	sent := make(chan error, 1)
	publish := func() { sent <- r.source.publish(r.running, events) }
	if !step.Idle {
		go publish()
	}
	ctx, cancel := context.WithTimeout(r.running, 2*time.Minute)
	defer cancel()
	within := time.Duration(float64(events) / float64(r.scenario.rate()) / 2 * float64(time.Second))
	_ = pause(ctx, r.between(0, within))
	mark := Mark{Fault: step.Fault.Name, Injected: r.since(time.Now())}
	if err := step.Fault.Inject(ctx, r); err != nil && r.running.Err() == nil {
		r.problem("injecting %s: %w", step.Fault.Name, err)
	}
	_ = pause(r.running, step.For)
	if step.Fault.Heal != nil && r.running.Err() == nil {
		ctx, cancel := context.WithTimeout(r.running, 2*time.Minute)
		defer cancel()
		if err := step.Fault.Heal(ctx, r); err != nil && r.running.Err() == nil {
			r.problem("healing %s: %w", step.Fault.Name, err)
		}
	}
	if step.Idle {
		publish()
	}
	healed := time.Now()
	mark.Healed = r.since(healed)
	r.recover(healed, step.Fault.Name)
	mark.Recovered = r.since(time.Now())
	r.result.Marks = append(r.result.Marks, mark)
	if r.running.Err() == nil {
		recovery := mark.Recovered - mark.Healed
		r.result.Recoveries = append(r.result.Recoveries, recovery)
		r.log.Info("recovered", slog.String("from", step.Fault.Name), slog.Float64("lasted", tenths(mark.Healed-mark.Injected)), slog.Float64("recovered_after", tenths(recovery)))
	}
	if err := <-sent; err != nil && r.running.Err() == nil {
		r.problem("publishing: %w", err)
	}
}

// recover waits until all that is published by now has an outcome.
func (r *Round) recover(since time.Time, from string) {
	published, err := r.checker.Load().Inputs(r.running)
	if err != nil {
		return
	}
	published -= int(r.strangers.Load())
	ctx, cancel := context.WithDeadline(r.running, since.Add(r.scenario.recoverWithin()))
	defer cancel()
	if r.checker.Load().WaitFor(ctx, published) == nil || r.running.Err() != nil {
		return
	}
	seen := r.checker.Load().Seen()
	longer := giveUp
	if r.options.Quick {
		longer = 0
	}
	late, cancelLate := context.WithTimeout(r.running, longer)
	defer cancelLate()
	if err := r.checker.Load().WaitFor(late, published); err != nil {
		r.findUnmarked()
		r.problem("%d of %d have an outcome %v after %s: %w%s", r.checker.Load().Seen(), published, r.scenario.recoverWithin()+longer, from, err, r.readiness())
		return
	}
	r.problem("after %s it took %.1f s until all had an outcome, %v are allowed (%d of %d had by then)",
		from, time.Since(since).Seconds(), r.scenario.recoverWithin(), seen, published)
}

func (r *Round) publishAndRecover(events int) {
	if err := r.source.publish(r.running, events); err != nil && r.running.Err() == nil {
		r.problem("publishing: %w", err)
	}
	r.recover(time.Now(), "publishing")
}
