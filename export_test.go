package loaderline

import "time"

// Pace is how many records a transaction may have for the time that brokers take for them.
type Pace = pace

// Records is zero for any number.
func (p *pace) Records() int { return p.records }

// Missed is missed.
func (p *pace) Missed(now time.Time, records int, acknowledged float64) {
	p.missed(now, records, acknowledged)
}

// Took is took.
func (p *pace) Took(now time.Time, records int, took, most time.Duration) {
	p.took(now, records, took, most)
}

// PaceWindow makes Run take brokers for quick sooner.
func (p *Pipeline[E]) PaceWindow(window time.Duration) { p.paceWindow = window }

// CheckTopicsEvery makes Run look at its topics more often.
func (p *Pipeline[E]) CheckTopicsEvery(every time.Duration) { p.topicCheckEvery = every }
