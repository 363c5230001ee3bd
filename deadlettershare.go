package loaderline

import "math"

// share is a number of events, and what became of them, in parts of whole.
type share struct {
	events  int
	dead    int
	retried int // those that went to a retry topic
}

// whole is one event.
const whole = 1_000_000

func (s share) plus(o share) share {
	return share{s.events + o.events, s.dead + o.dead, s.retried + o.retried}
}

func (s share) minus(o share) share {
	return share{s.events - o.events, s.dead - o.dead, s.retried - o.retried}
}

func (s share) valid() bool {
	within := func(n int) bool { return n >= 0 && n <= s.events*whole }
	return s.events > 0 && within(s.dead) && within(s.retried)
}

// scaled is that of so many of its events.
func (s share) scaled(events int) share {
	scale := func(n int) int { return int(math.Round(float64(n) * float64(events) / float64(s.events))) }
	return share{events, min(scale(s.dead), events*whole), min(scale(s.retried), events*whole)}
}

func (s share) over(limit float64) bool {
	return s.events > 0 && float64(s.dead)/float64(s.events*whole) > limit
}

// shares are of the events that were read from the input, and of those that came out of retry topics. The dead letters of
// both are shares of all events: of those that waited each is a part of one, as large as the share of the events that went to the
// retry topics when it did. So what comes out while few others come weighs no more than it did among all. They are not added
// up, since they are of different times.
type shares struct{ first, waited share }

func (s shares) plus(o shares) shares { return shares{s.first.plus(o.first), s.waited.plus(o.waited)} }

func (s shares) minus(o shares) shares {
	return shares{s.first.minus(o.first), s.waited.minus(o.waited)}
}

// of is for events that have waited at a level: 0 is the input.
func (s *shares) of(level int) *share {
	if level > 0 {
		return &s.waited
	}
	return &s.first
}

// latest are the latest events, in order.
type latest struct{ first, waited []share }

// sizes is how many shares of micro-batches that are small make up a window: such are added up to this part of it, and then in
// no order.
const sizes = 8

// add adds a micro-batch, and leaves out the oldest events beyond a window.
func (l *latest) add(s shares, window int) {
	l.first = trim(appendTo(l.first, s.first, window/sizes), window)
	l.waited = trim(appendTo(l.waited, s.waited, window/sizes), window)
}

// appendTo adds a share, to the last one where both have no more than so many events.
func appendTo(latest []share, s share, events int) []share {
	last := len(latest) - 1
	switch {
	case s.events == 0:
		return latest
	case last >= 0 && latest[last].events+s.events <= events:
		latest[last] = latest[last].plus(s)
		return latest
	default:
		return append(latest, s)
	}
}

func (l latest) total() shares { return shares{total(l.first), total(l.waited)} }

func total(of []share) share {
	var sum share
	for _, s := range of {
		sum = sum.plus(s)
	}
	return sum
}

// trim leaves out the oldest events beyond a window, in place.
func trim(latest []share, window int) []share {
	for over := total(latest).events - window; over > 0; {
		oldest := &latest[0]
		if oldest.events <= over {
			over -= oldest.events
			latest = latest[1:]
			continue
		}
		*oldest = oldest.scaled(oldest.events - over)
		over = 0
	}
	return latest
}
