package redistier

import (
	"sync"
	"time"
)

// clock tells Redis' time of moments of this process: never later than it was, by the last answer that said it. So
// Redis' clock alone orders loads and invalidations of several processes.
type clock struct {
	margin time.Duration // by how much the clocks of a cluster may differ

	mu     sync.Mutex
	server int64     // Redis' time in µs
	at     time.Time // when its answer was here
}

// heard notes that an answer said Redis' time.
func (c *clock) heard(server int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.server, c.at = server, time.Now()
}

// atRedis is how late it was at Redis at a moment, in µs: that or later.
func (c *clock) atRedis(moment time.Time) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.server + (moment.Sub(c.at) - c.margin).Microseconds()
}
