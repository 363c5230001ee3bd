package loaderline_test

import (
	"fmt"
	"testing"

	"github.com/loaderline/loaderline/internal/outagetest"
)

// TestKafkaGoesAwayOnce ends all connections after one response of a run, from its first request to its first commits. The
// brokers come back after three attempts to connect. The run goes on and publishes each event once.
func TestKafkaGoesAwayOnce(t *testing.T) {
	t.Parallel()
	const enriched = 7
	for kind, dial := range map[string]outagetest.Dial{"refused": outagetest.Refuse, "closed": outagetest.CloseAtOnce} {
		for n := 1; n <= 80; n++ {
			t.Run(fmt.Sprintf("%s after response %d", kind, n), func(t *testing.T) {
				t.Parallel()
				b := newBroker(t)
				b.publish(events(enriched)...)
				o := &outagetest.Outage{Dial: dial, After: n, Attempts: 3}
				cfg := numbers(b, doubles)
				cfg.Consumer.Opts = o.Options
				stop := start(t, cfg)
				defer func() {
					if err := stop(); err != nil {
						t.Error(err)
					}
				}()
				seen := map[string]bool{}
				for _, r := range b.read("out", enriched) {
					seen[inputOf(r)] = true
				}
				if len(seen) != enriched {
					t.Errorf("%d inputs were published", len(seen))
				}
			})
		}
	}
}
