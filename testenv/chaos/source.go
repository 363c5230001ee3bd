package chaos

import (
	"context"
	"iter"
	"math"
	"time"

	"github.com/loaderline/loaderline/testenv"
)

// source publishes the events of a round, as many at a time as are asked for.
type source struct {
	round *Round
	event func(id int, user int64) testenv.Event
	next  func() (testenv.Event, bool)
	close func()
}

func newSource(r *Round, users int, event func(int, int64) testenv.Event) *source {
	s := &source{round: r, event: event}
	s.next, s.close = iter.Pull(testenv.Events(testenv.EventsConfig{Count: math.MaxInt32, Users: users, Seed: r.options.Seed + 1}))
	return s
}

// publish sends so many events, a tenth of a second at a time. What the broker did not acknowledge is sent again, and
// may be there twice: these are two records to the pipeline. What was not sent while the broker was away is not made up for.
func (s *source) publish(ctx context.Context, events int) error {
	rate := s.round.scenario.rate()
	due := time.Now()
	for events > 0 {
		chunk := make([]testenv.Event, 0, rate/10)
		for range min(events, rate/10) {
			e, _ := s.next()
			chunk = append(chunk, e)
		}
		events -= len(chunk)
		due = due.Add(time.Duration(len(chunk)) * time.Second / time.Duration(rate))
		if time.Since(due) > time.Second {
			due = time.Now()
		}
		for {
			left := max(time.Until(due), 10*time.Millisecond)
			_, err := testenv.Publish(ctx, testenv.PublishConfig{
				Kafka: s.round.kafka, Topic: s.round.input, Rate: float64(len(chunk)) / left.Seconds(),
			}, s.made(chunk))
			if err == nil {
				break
			}
			if err := pause(ctx, 200*time.Millisecond); err != nil {
				return err
			}
		}
	}
	return nil
}

// made makes the events when they are due.
func (s *source) made(chunk []testenv.Event) iter.Seq[testenv.Event] {
	return func(yield func(testenv.Event) bool) {
		for _, e := range chunk {
			if !yield(s.event(e.ID, e.User)) {
				return
			}
		}
	}
}
