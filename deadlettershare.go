package loaderline

import (
	"math"
	"slices"
)

// share is a number of events, and how many of them are dead letters, or a part of one.
type share struct {
	events int
	dead   float64
}

func (s share) plus(o share) share      { return share{s.events + o.events, s.dead + o.dead} }
func (s share) minus(o share) share     { return share{s.events - o.events, s.dead - o.dead} }
func (s share) over(limit float64) bool { return s.dead > limit*float64(s.events) }
func (s share) valid() bool             { return s.events >= 0 && s.dead >= 0 && s.dead <= float64(s.events) }

// shares are of the events that were read from the input, and of those that came out of retry topics. The dead letters of
// both are shares of all events: of those that waited each is a part of one, as large as the share of the events that went to the
// retry topics when it did. So what comes out while few others come weighs no more than it did among all.
type shares struct {
	first   share
	waited  share
	retried int // of those of first, the events that went to a retry topic
}

func (s shares) plus(o shares) shares {
	return shares{s.first.plus(o.first), s.waited.plus(o.waited), s.retried + o.retried}
}

func (s shares) minus(o shares) shares {
	return shares{s.first.minus(o.first), s.waited.minus(o.waited), s.retried - o.retried}
}

// of is for events that have waited at a level: 0 is the input.
func (s *shares) of(level int) *share {
	if level > 0 {
		return &s.waited
	}
	return &s.first
}

// latest are the latest events of which each is known, in order: those of micro-batches.
type latest struct {
	first   []share
	waited  []share
	retried []share // what is dead here went to a retry topic
}

// plus adds micro-batches, and leaves out the oldest events beyond a window.
func (l latest) plus(window int, more ...shares) latest {
	l = latest{slices.Clone(l.first), slices.Clone(l.waited), slices.Clone(l.retried)}
	for _, s := range more {
		l.first, l.waited = appendTo(l.first, s.first), appendTo(l.waited, s.waited)
		l.retried = appendTo(l.retried, share{s.first.events, float64(s.retried)})
	}
	return latest{trim(l.first, window), trim(l.waited, window), trim(l.retried, window)}
}

func appendTo(of []share, s share) []share {
	if s.events == 0 {
		return of
	}
	return append(of, s)
}

func (l latest) total() shares { return shares{first: total(l.first), waited: total(l.waited)} }

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
		left := oldest.events - over
		*oldest = share{left, oldest.dead * float64(left) / float64(oldest.events)}
		over = 0
	}
	return latest
}

// deadLast is a share of which the dead letters are the latest.
func (s share) deadLast() []share {
	dead := int(math.Ceil(s.dead))
	return appendTo(appendTo(nil, share{events: s.events - dead}), share{dead, s.dead})
}
