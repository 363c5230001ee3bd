package bench

import (
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/loaderline/loaderline/testenv"
)

// Latency is how late outputs were, in milliseconds.
type Latency struct {
	P50  float64 `json:"p50"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p99_9"`
}

// pace notes how late the output of each event is that was to be sent at a steady rate. An event that is sent late is
// late from when it was due.
type pace struct {
	rate float64
	skip time.Duration // events that are due before are left out.

	mu    sync.Mutex
	begin time.Time
	late  []time.Duration
}

// events passes events on, and takes the moment in which the first is asked for as when it was due.
func (p *pace) events(events iter.Seq[testenv.Event]) iter.Seq[testenv.Event] {
	return func(yield func(testenv.Event) bool) {
		p.mu.Lock()
		p.begin = time.Now()
		p.mu.Unlock()
		events(yield)
	}
}

// note takes the moment of the i-th event's output.
func (p *pace) note(i int, at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	due := time.Duration(float64(i) / p.rate * float64(time.Second))
	if due >= p.skip {
		p.late = append(p.late, at.Sub(p.begin.Add(due)))
	}
}

// latency returns what was noted.
func (p *pace) latency() *Latency {
	p.mu.Lock()
	defer p.mu.Unlock()
	slices.Sort(p.late)
	at := func(share float64) float64 {
		if len(p.late) == 0 {
			return 0
		}
		return float64(p.late[int(share*float64(len(p.late)-1))]) / float64(time.Millisecond)
	}
	return &Latency{P50: at(0.5), P99: at(0.99), P999: at(0.999)}
}
