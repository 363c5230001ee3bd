package bench

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/loaderline/loaderline/testenv"
)

// trial is a processor and the fault that befalls it.
type trial struct {
	fault     Fault
	processor Processor
	world     world
	launch    launch
	events    testenv.EventsConfig
	counter   *counter
	first     chan struct{} // closed when the first event has its output.
	middle    chan struct{} // closed when the events before the fault are published.
	published chan struct{} // closed when all are.
	failed    chan error    // why nothing more can be told.

	process  *process
	restarts int // within processes that have ended.
	ended    string

	mu     sync.Mutex
	sent   int // how many events are published.
	killed time.Time
	after  int           // the first event that is published after the kill.
	next   time.Duration // from the kill to the first output of such an event.
}

// newTrial returns a trial that has not begun.
func newTrial(fault Fault, p Processor, w world, l launch, events testenv.EventsConfig) *trial {
	t := &trial{
		fault: fault, processor: p, world: w, launch: l, events: events, counter: newCounter(0, events.Count),
		first: make(chan struct{}), middle: make(chan struct{}), published: make(chan struct{}), failed: make(chan error, 2),
	}
	t.counter.seenAt = t.note
	return t
}

// publish publishes the events after the first.
func (t *trial) publish(ctx context.Context) error {
	defer close(t.published)
	config := testenv.PublishConfig{Kafka: t.world.brokers, Topic: t.world.input, Rate: faultRate}
	_, err := testenv.Publish(ctx, config, t.input())
	return err
}

// input yields the events after the first, with the malformed record in the middle where that is the fault.
func (t *trial) input() iter.Seq[testenv.Event] {
	return func(yield func(testenv.Event) bool) {
		for e := range testenv.Events(t.events) {
			if e.ID == 0 {
				continue
			}
			if e.ID == t.events.Count/2 {
				close(t.middle)
				if t.fault == Malformed && !yield(testenv.Event{Key: e.Key, Value: []byte(malformed)}) {
					return
				}
			}
			t.mu.Lock()
			t.sent = e.ID
			t.mu.Unlock()
			if !yield(e) {
				return
			}
		}
	}
}

// gone notes that the processor was killed, and is gone. What it published may be seen later; what is published from now on is
// the work of the next process.
func (t *trial) gone(killed time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.killed, t.after = killed, t.sent+1
}

// note is told of the first output of each event.
func (t *trial) note(event int, at time.Time) {
	if event == 0 {
		close(t.first)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.after > 0 && event >= t.after && t.next == 0 {
		t.next = at.Sub(t.killed)
	}
}

// publishedAll waits until all events are published, so that each of them counts.
func (t *trial) publishedAll(ctx context.Context) error {
	select {
	case <-t.published:
		return nil
	case err := <-t.failed:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// end ends the processor in order, or notes how it has ended by itself.
func (t *trial) end() error {
	select {
	case <-t.process.exited:
		t.ended = fmt.Sprint(t.process.exit())
		t.restarts += t.restartsOf(t.process)
		return nil
	default:
	}
	err := t.process.end()
	t.restarts += t.restartsOf(t.process)
	return err
}

// restartsOf returns how often a process that has ended restarted within itself.
func (t *trial) restartsOf(p *process) int {
	if t.processor.Restart == "" {
		return 0
	}
	return bytes.Count(p.stderr.Bytes(), []byte(t.processor.Restart))
}

// told returns what is known when the run is over.
func (t *trial) told() (after After, repeated int) {
	outputs, repeated := t.counter.counts()
	return After{
		Outputs: outputs, Lost: t.events.Count - outputs, Next: t.next.Seconds(), Restarts: t.restarts, Ended: t.ended,
	}, repeated
}
