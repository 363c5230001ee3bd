package admin

import (
	"fmt"
	"sync"
	"time"

	"github.com/dustin/go-humanize/english"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/backlog"
	"github.com/loaderline/loaderline/internal/plural"
)

// stuckAfter is how long a worker's loop may take for one turn. An outage, lag, a pause and an empty topic all keep the
// loop turning; what does not in this time is beyond help from inside.
const stuckAfter = 5 * time.Minute

// Health is what is known of a process's health. It is safe for concurrent use.
type Health struct {
	status func() []loaderline.WorkerStatus

	mu       sync.Mutex
	reached  bool
	waits    func() string // for what, or empty
	stalled  func() *backlog.Stall
	retries  func() string // what, or empty
	draining bool
	joined   map[int]bool // workers that were seen in the group
}

// NewHealth is the health of a process that has just started. status says what its workers are doing, none of them
// before they run.
func NewHealth(status func() []loaderline.WorkerStatus) *Health {
	return &Health{status: status, joined: map[int]bool{}}
}

// Reached notes that every source has answered.
func (h *Health) Reached() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.reached = true
}

// Wait notes that the pipeline does not begin while a function says for what it waits; empty is for nothing. It is called
// by Ready, from any goroutine.
func (h *Health) Wait(why func() string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.waits = why
}

// Watch makes Ready say no while a function says that nothing is committed though records wait. It may be called from any
// goroutine.
func (h *Health) Watch(stalled func() *backlog.Stall) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stalled = stalled
}

// Retry sets the function that names the sources that are tried again; empty if none. Ready adds its text. It may be called
// from any goroutine.
func (h *Health) Retry(what func() string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.retries = what
}

// Drain notes that the process is ending.
func (h *Health) Drain() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.draining = true
}

// Healthy reports whether the process is at work, and what is wrong if not. It is not healthy while a worker's loop has made
// no progress for five minutes. A drain has its own time limit, and workers that have finished it make no progress.
func (h *Health) Healthy() (what string, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.draining {
		return "draining", true
	}
	for _, w := range h.status() {
		if still := time.Since(w.LastActive); still >= stuckAfter {
			return fmt.Sprintf("worker %d has made no progress for %s", w.Worker, still.Round(time.Second)), false
		}
	}
	return "ok", true
}

// Ready reports whether the process has begun its work, and what it waits for if not: every source has to be reached once,
// the wait of Wait has to be over, and every worker has to join the group once, with or without partitions. A source that is
// away later does not undo this by itself. A stall does: records wait and nothing is committed, whatever the reason. A
// process that drains is not ready.
func (h *Health) Ready() (what string, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	starts := h.starts()
	switch {
	case h.draining:
		return "draining", false
	case starts != "":
		return "waiting for " + starts, false
	}
	if h.stalled != nil {
		if stall := h.stalled(); stall != nil {
			return fmt.Sprintf("stalled for %s: %s", time.Since(stall.Since).Round(time.Second), stall.Text), false
		}
	}
	if h.retries != nil {
		if what := h.retries(); what != "" {
			return "ok, retries " + what, true
		}
	}
	return "ok", true
}

// Starts returns what the process waits for before its first record; empty if its work has begun.
func (h *Health) Starts() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.starts()
}

func (h *Health) starts() string {
	workers := h.status()
	joined := 0
	for _, w := range workers {
		h.joined[w.Worker] = h.joined[w.Worker] || w.Joined
		if h.joined[w.Worker] {
			joined++
		}
	}
	if h.waits != nil {
		if why := h.waits(); why != "" {
			return why
		}
	}
	switch {
	case !h.reached:
		return "the sources to be reached"
	case len(workers) == 0:
		return "Kafka"
	case joined < len(workers):
		return fmt.Sprintf("the group: %d of %s %s joined", joined, plural.Count(len(workers), "worker"), english.PluralWord(len(workers), "has", "have"))
	}
	return ""
}

// Draining reports whether the process is ending.
func (h *Health) Draining() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.draining
}
