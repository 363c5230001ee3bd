package bench

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/loaderline/loaderline/testenv"
)

// An event is late from when it was due, and the first ones do not count.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &pace{rate: 8, skip: time.Second}
		time.Sleep(time.Minute)
		for range p.events(testenv.Events(testenv.EventsConfig{Count: 1})) {
		}
		for i := range 108 {
			late := 20 * time.Millisecond
			switch i {
			case 5: // within the second that is left out
				late = time.Hour
			case 106:
				late = time.Second
			case 107:
				late = time.Minute
			}
			p.note(i, time.Now().Add(time.Duration(i)*time.Second/8+late))
		}
		if got, want := *p.latency(), (Latency{P50: 20, P99: 1000, P999: 1000}); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	})
}
