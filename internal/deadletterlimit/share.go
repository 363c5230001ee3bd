package deadletterlimit

import "math"

// Whole is one event. Shares count dead and retried events in parts of it.
const Whole = 1_000_000

// Share is a number of events, and how many of them had which outcome.
type Share struct {
	Events int
	// Dead is the number of dead letters, in parts of Whole.
	Dead int
	// SentToRetry is the number of events that were sent to a retry topic, in
	// parts of Whole.
	SentToRetry int
}

func (s Share) plus(o Share) Share {
	return Share{s.Events + o.Events, s.Dead + o.Dead, s.SentToRetry + o.SentToRetry}
}

func (s Share) minus(o Share) Share {
	return Share{s.Events - o.Events, s.Dead - o.Dead, s.SentToRetry - o.SentToRetry}
}

func (s Share) valid() bool {
	within := func(n int) bool { return n >= 0 && n <= s.Events*Whole }
	return s.Events > 0 && within(s.Dead) && within(s.SentToRetry)
}

// scaled returns the share of a smaller number of its events.
func (s Share) scaled(events int) Share {
	scale := func(n int) int { return int(math.Round(float64(n) * float64(events) / float64(s.Events))) }
	return Share{events, min(scale(s.Dead), events*Whole), min(scale(s.SentToRetry), events*Whole)}
}

func (s Share) over(limit float64) bool {
	return s.Events > 0 && float64(s.Dead)/float64(s.Events*Whole) > limit
}

// Counts are the outcomes of one transaction, separately for events of the
// input and for events that came out of retry topics. A dead letter of a
// retried event counts as a fraction: the share of the input's events that were
// sent to retry topics when it was. So retried events weigh no more when they
// come out while few others come. The two shares cover different periods, and
// are never added.
type Counts struct{ Input, Retried Share }

// At returns the share for events of a tier, where 0 is the input.
func (c *Counts) At(tier int) *Share {
	if tier > 0 {
		return &c.Retried
	}
	return &c.Input
}

func (c Counts) plus(o Counts) Counts {
	return Counts{c.Input.plus(o.Input), c.Retried.plus(o.Retried)}
}

func (c Counts) minus(o Counts) Counts {
	return Counts{c.Input.minus(o.Input), c.Retried.minus(o.Retried)}
}

// latest are the shares of the latest transactions, in order.
type latest struct{ input, retried []Share }

// parts is the number of shares that small transactions fill a window with:
// they are added up to this part of it, and lose their order within.
const parts = 8

// add adds a transaction, and drops the oldest events beyond a window.
func (l *latest) add(c Counts, window int) {
	l.input = trim(appendTo(l.input, c.Input, window/parts), window)
	l.retried = trim(appendTo(l.retried, c.Retried, window/parts), window)
}

// appendTo appends a share. It adds it to the last one if both together have at
// most so many events.
func appendTo(latest []Share, s Share, events int) []Share {
	last := len(latest) - 1
	switch {
	case s.Events == 0:
		return latest
	case last >= 0 && latest[last].Events+s.Events <= events:
		latest[last] = latest[last].plus(s)
		return latest
	default:
		return append(latest, s)
	}
}

func (l latest) total() Counts { return Counts{total(l.input), total(l.retried)} }

func total(of []Share) Share {
	var sum Share
	for _, s := range of {
		sum = sum.plus(s)
	}
	return sum
}

// trim drops the oldest events beyond a window, in place.
func trim(latest []Share, window int) []Share {
	for over := total(latest).Events - window; over > 0; {
		oldest := &latest[0]
		if oldest.Events <= over {
			over -= oldest.Events
			latest = latest[1:]
			continue
		}
		*oldest = oldest.scaled(oldest.Events - over)
		over = 0
	}
	return latest
}
