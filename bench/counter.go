package bench

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/loaderline/loaderline/testenv"
)

// counter counts the distinct events among the outputs, as they come.
type counter struct {
	from, events int
	done         chan struct{}                 // closed when each event has an output.
	seenAt       func(event int, at time.Time) // is told of each event's first output; may be nil.

	mu                 sync.Mutex
	seen               []bool
	distinct, repeated int
	first, tenth, nine time.Time
}

// newCounter returns the counter of so many events, e-FROM and on. Outputs of earlier events are passed over.
func newCounter(from, events int) *counter {
	return &counter{from: from, events: events, seen: make([]bool, events), done: make(chan struct{})}
}

// take counts a batch of outputs; all of it came now.
func (c *counter) take(b testenv.Batch) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	for i := range b.Records {
		id, err := eventNumber(b.Records[i].Value)
		if err != nil || id >= c.from+c.events {
			return fmt.Errorf("output %d:%d is of no event: %w", b.Partition, b.Records[i].Offset, err)
		}
		if id >= c.from {
			c.count(id-c.from, now)
		}
	}
	return nil
}

// count counts an output of the i-th event. c.mu is held.
func (c *counter) count(i int, now time.Time) {
	if c.seen[i] {
		c.repeated++
		return
	}
	c.seen[i] = true
	c.distinct++
	if c.seenAt != nil {
		c.seenAt(i, now)
	}
	if c.distinct == 1 {
		c.first = now
	}
	if c.distinct == c.events/10 {
		c.tenth = now
	}
	if c.distinct == c.events*9/10 {
		c.nine = now
	}
	if c.distinct == c.events {
		close(c.done)
	}
}

// eventNumber returns N of the "event_id":"e-N" of an output, or of the text e-N with which one in Avro begins.
func eventNumber(value []byte) (int, error) {
	if len(value) > 0 && value[0] != '{' {
		n := int(value[0]) / 2 // The length, as a zigzag varint of one byte.
		if n < 3 || n >= len(value) {
			return 0, errors.New("no event_id")
		}
		return strconv.Atoi(string(value[3 : n+1]))
	}
	_, rest, ok := bytes.Cut(value, []byte(`"event_id":"e-`))
	digits, _, ok2 := bytes.Cut(rest, []byte(`"`))
	if !ok || !ok2 {
		return 0, errors.New("no event_id")
	}
	return strconv.Atoi(string(digits))
}

// result returns what was counted of a run, once all have come.
func (c *counter) result(started, ended time.Time) Result {
	c.mu.Lock()
	defer c.mu.Unlock()
	const tenths = 8
	return Result{
		Events:      c.events,
		Rate:        float64(c.events) * tenths / 10 / max(c.nine.Sub(c.tenth), time.Microsecond).Seconds(),
		FirstOutput: c.first.Sub(started).Seconds(),
		Total:       ended.Sub(started).Seconds(),
		Repeated:    c.repeated,
	}
}

// counts returns how many events have an output by now, and how many outputs are beyond the first of their event.
func (c *counter) counts() (distinct, repeated int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.distinct, c.repeated
}

// progress says how many events have an output by now.
func (c *counter) progress() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return fmt.Sprintf("%d of %d events were done", c.distinct, c.events)
}
