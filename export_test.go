package loaderline

import "time"

// CheckTopicsEvery makes Run look at its topics more often.
func (p *Pipeline[E]) CheckTopicsEvery(every time.Duration) { p.topicCheckEvery = every }
