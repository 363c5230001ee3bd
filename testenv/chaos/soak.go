package chaos

import (
	"math/rand/v2"
	"time"
)

// Soak is a pipeline with all caches and retry topics under 10,000 events a second and a fault every half a minute. No
// fault ends its first process. What that process holds must not grow.
func Soak(lasting time.Duration) Scenario {
	const (
		perSecond = 10_000
		every     = 30 * time.Second
	)
	s := Scenario{
		Name: "soak", Rate: perSecond, Events: int(lasting.Seconds()) * perSecond, Members: 2, Alone: true,
		Redis: true, Disk: true, Retry: true, Timeout: 10 * time.Second, Watched: true,
	}
	count := max(1, int(lasting/every)-2)
	s.Steps = func(random *rand.Rand) []Step {
		return draw(random, count, onOthers, onKafka, []Step{{Fault: lostEndTxn}}, onPostgres, onRedis, onDisk, onRows)
	}
	return s
}
