package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/loaderline/loaderline/testenv"
)

// Result is what one run of a processor showed.
type Result struct {
	Processor string `json:"processor"`
	Round     int    `json:"round"`
	// Rate is in events a second, from a tenth to nine tenths of the distinct events, as a consumer with
	// read_committed sees them.
	Rate float64 `json:"rate"`
	// FirstOutput and Total are the seconds from the start to the first output and to the last event's.
	FirstOutput float64 `json:"first_output_s"`
	Total       float64 `json:"total_s"`
	// CPU is the processor's own user and system seconds, RSS its largest resident set in MiB.
	CPU float64 `json:"cpu_s"`
	RSS float64 `json:"rss_mib"`
	// Repeated is the number of outputs of an event beyond its first.
	Repeated int `json:"repeated"`
	// Verdict is empty for a run whose outputs are right.
	Verdict string `json:"verdict,omitempty"`
}

// counter counts the distinct events among the outputs, as they come.
type counter struct {
	events int
	start  time.Time
	done   chan struct{} // closed when each event has an output.

	mu                 sync.Mutex
	seen               []bool
	distinct, repeated int
	first, tenth, nine time.Time
}

// newCounter returns the counter of so many events, e-0 and on.
func newCounter(events int) *counter {
	return &counter{events: events, seen: make([]bool, events), done: make(chan struct{})}
}

// take counts a batch of outputs; all of it came now.
func (c *counter) take(b testenv.Batch) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	for i := range b.Records {
		id, err := eventNumber(b.Records[i].Value)
		if err != nil || id >= c.events {
			return fmt.Errorf("output %d:%d is of no event: %w", b.Partition, b.Records[i].Offset, err)
		}
		if c.seen[id] {
			c.repeated++
			continue
		}
		c.seen[id] = true
		c.distinct++
		switch c.distinct {
		case 1:
			c.first = now
		case c.events / 10:
			c.tenth = now
		case c.events * 9 / 10:
			c.nine = now
		}
		if c.distinct == c.events {
			close(c.done)
		}
	}
	return nil
}

// eventNumber returns N of the "event_id":"e-N" of an output.
func eventNumber(value []byte) (int, error) {
	_, rest, ok := bytes.Cut(value, []byte(`"event_id":"e-`))
	digits, _, ok2 := bytes.Cut(rest, []byte(`"`))
	if !ok || !ok2 {
		return 0, errors.New("no event_id")
	}
	return strconv.Atoi(string(digits))
}

// result returns what was counted, once all have come.
func (c *counter) result(ended time.Time) Result {
	c.mu.Lock()
	defer c.mu.Unlock()
	const tenths = 8
	return Result{
		Rate:        float64(c.events) * tenths / 10 / c.nine.Sub(c.tenth).Seconds(),
		FirstOutput: c.first.Sub(c.start).Seconds(),
		Total:       ended.Sub(c.start).Seconds(),
		Repeated:    c.repeated,
	}
}

// measure runs a processor until each event has an output, ends it, and returns what it showed.
func measure(ctx context.Context, w world, events int, argv []string, words io.Writer) (Result, error) {
	const patience, grace = 5 * time.Minute, 30 * time.Second
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("not done within %s", patience))
	defer cancel()
	c := newCounter(events)
	reading := make(chan error, 1)
	readCtx, stopReading := context.WithCancel(ctx)
	go func() { reading <- testenv.Follow(readCtx, w.brokers, w.output, c.take) }()
	defer stopReading()

	child := exec.CommandContext(ctx, argv[0], argv[1:]...)
	child.Cancel = func() error { return child.Process.Signal(syscall.SIGTERM) }
	child.WaitDelay = grace
	child.Stdout, child.Stderr = words, words
	c.start = time.Now()
	if err := child.Start(); err != nil {
		return Result{}, err
	}
	exited := make(chan error, 1)
	go func() { exited <- child.Wait() }()

	var err error
	select {
	case <-c.done:
	case err = <-reading:
	case err = <-exited:
		return Result{}, fmt.Errorf("%s ended with %d of %d events done: %w", argv[0], c.distinctNow(), events, errors.Join(err, ctx.Err()))
	}
	r := Result{}
	if err == nil {
		r = c.result(time.Now())
	}
	rss, rssErr := peakMemory(child.Process.Pid)
	cancel() // which asks the child to end.
	if exitErr := <-exited; exitErr != nil && !errors.Is(exitErr, context.Canceled) && err == nil {
		err = fmt.Errorf("%s did not end in order: %w", argv[0], exitErr)
	}
	if usage, ok := child.ProcessState.SysUsage().(*syscall.Rusage); ok {
		r.CPU = time.Duration(usage.Utime.Nano() + usage.Stime.Nano()).Seconds()
	}
	r.RSS = rss
	return r, errors.Join(err, rssErr)
}

// peakMemory returns the largest resident set that a process had, in MiB. The resource usage of a child says the
// parent's where that is larger, since the two share their memory until the child's program is loaded.
func peakMemory(pid int) (float64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	var kib float64
	if _, err := fmt.Sscanf(rest, "%f kB", &kib); err != nil {
		return 0, fmt.Errorf("peak memory of process %d: %w", pid, err)
	}
	return kib / 1024, nil
}

// distinctNow returns how many events have an output by now.
func (c *counter) distinctNow() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.distinct
}
