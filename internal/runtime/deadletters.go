package runtime

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/loaderline/loaderline"
)

// deadLettersEvery is how often dead letters are logged at most.
const deadLettersEvery = 30 * time.Second

// deadLetters logs how many dead letters there are: the first at once, the following ones together.
type deadLetters struct {
	log   *slog.Logger
	topic string

	mu     sync.Mutex
	counts map[loaderline.DeadLetter]int // that were not logged
	timer  *time.Timer                   // nil: the next are logged at once
}

// add counts what was committed.
func (d *deadLetters) add(counts map[loaderline.DeadLetter]int) {
	if len(counts) == 0 {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.counts == nil {
		d.counts = map[loaderline.DeadLetter]int{}
	}
	for reason, n := range counts {
		d.counts[reason] += n
	}
	if d.timer == nil {
		d.write()
		d.timer = time.AfterFunc(deadLettersEvery, d.tick)
	}
}

// tick logs what has come since, and waits again where something has.
func (d *deadLetters) tick() {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.timer == nil: // It was closed meanwhile.
	case len(d.counts) == 0:
		d.timer = nil
	default:
		d.write()
		d.timer.Reset(deadLettersEvery)
	}
}

// close logs the remaining counts.
func (d *deadLetters) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
	d.write()
}

// write writes a line for each kind and stage. No part of an event is in it.
func (d *deadLetters) write() {
	reasons := slices.SortedFunc(maps.Keys(d.counts), func(a, b loaderline.DeadLetter) int {
		return cmp.Or(cmp.Compare(a.Stage, b.Stage), cmp.Compare(a.Kind, b.Kind))
	})
	for _, reason := range reasons {
		attrs := []slog.Attr{slog.Int("count", d.counts[reason]), slog.String("kind", string(reason.Kind))}
		if reason.Stage != "" {
			attrs = append(attrs, slog.String("stage", reason.Stage))
		}
		d.log.LogAttrs(context.Background(), slog.LevelWarn, "dead letters", append(attrs, slog.String("topic", d.topic))...)
	}
	clear(d.counts)
}
