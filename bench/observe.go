package bench

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"
)

// observation looks at the processes of a processor that has nothing left to do, and adds what it sees to the result.
type observation func(context.Context, *group, *Result) error

// afterwards returns what a shape has to observe when all outputs are there; nil where that is nothing.
func (b *Bench) afterwards(shape Shape, w world) observation {
	switch {
	case shape.Idle > 0:
		return func(ctx context.Context, g *group, r *Result) error { return g.idle(ctx, shape.Idle, r) }
	case shape.Join != nil:
		return func(ctx context.Context, _ *group, r *Result) (err error) {
			r.Rebalance, err = b.join(ctx, *shape.Join, w)
			return err
		}
	default:
		return nil
	}
}

// observe observes the processes. What they take meanwhile is no cost of the events: it is taken off the result, to which
// [group.usage] adds the whole. A process that ends by itself is told to failed.
func (g *group) observe(ctx context.Context, look observation, failed <-chan error, r *Result) error {
	if look == nil {
		return nil
	}
	before, err := g.seconds()
	if err != nil {
		return err
	}
	if err := unlessFailed(ctx, failed, func(ctx context.Context) error { return look(ctx, g, r) }); err != nil {
		return fmt.Errorf("after all events were done: %w", err)
	}
	after, err := g.seconds()
	r.CPU -= after - before
	return err
}

// unlessFailed runs a function, and cancels its context with the first error that comes from failed. It returns after the function.
func unlessFailed(ctx context.Context, failed <-chan error, run func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	select {
	case err := <-done:
		return err
	case failure := <-failed:
		cancel(failure)
		return cmp.Or(<-done, failure)
	}
}

// idle measures what the processes take for a while.
func (g *group) idle(ctx context.Context, while time.Duration, r *Result) error {
	before, err := g.seconds()
	if err != nil {
		return err
	}
	began := time.Now()
	timer := time.NewTimer(while)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	after, err := g.seconds()
	r.Idle = 100 * (after - before) / time.Since(began).Seconds()
	return err
}

// seconds returns the user and system seconds of the running processes so far.
func (g *group) seconds() (sum float64, err error) {
	for _, p := range g.processes {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
		if err != nil {
			return 0, err
		}
		seconds, err := cpuOf(stat)
		if err != nil {
			return 0, fmt.Errorf("CPU seconds of process %d: %w", p.cmd.Process.Pid, err)
		}
		sum += seconds
	}
	return sum, nil
}

// cpuOf returns the user and system seconds in a process's /proc/PID/stat.
func cpuOf(stat []byte) (float64, error) {
	const (
		user, system   = 11, 12 // behind the name, which is in parentheses and may hold anything.
		ticksPerSecond = 100    // Linux counts so for programs, on every machine.
	)
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) <= system {
		return 0, errors.New("there are too few fields")
	}
	sum := 0
	for _, field := range fields[user : system+1] {
		ticks, err := strconv.Atoi(string(field))
		if err != nil {
			return 0, err
		}
		sum += ticks
	}
	return float64(sum) / ticksPerSecond, nil
}
