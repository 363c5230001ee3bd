package testenv

import (
	"bytes"
	"fmt"
	"iter"
	"math/rand/v2"
	"strconv"

	"github.com/segmentio/kafka-go"
)

// Event is a record to publish.
type Event struct {
	ID      int    // the number in its event_id.
	User    int64  // the user it is about.
	Key     []byte // the user's id as text; nil is null.
	Value   []byte // nil is null.
	Headers []kafka.Header
}

// EventsConfig configures [Events].
type EventsConfig struct {
	// Count is the number of events. Defaults to 500,000.
	Count int
	// First is the number of the first event. Defaults to 0.
	First int
	// Users is the number of users they are about. Defaults to 100,000.
	Users int
	// Uniform makes all users equally likely. By default they follow Zipf's law with exponent 1.1, so that about a
	// tenth of them, scattered over all ids, get most of the events.
	Uniform bool
	// Seed gives other users in the same distribution. Defaults to 1.
	Seed uint64
}

// Events yields events about the users of the shop, such as
//
//	{"event_id":"e-0","user_id":123,"type":"page_view","occurred_at":"2026-11-24T00:00:00Z"}
//
// The same configuration always gives the same events. The sequence may be used several times, also at once.
func Events(config EventsConfig) iter.Seq[Event] {
	if config.Count == 0 {
		config.Count = 500_000
	}
	if config.Users == 0 {
		config.Users = 100_000
	}
	if config.Seed == 0 {
		config.Seed = 1
	}
	return func(yield func(Event) bool) {
		next := config.draw()
		for n := range config.Count {
			if !yield(NewEvent(config.First+n, next())) {
				return
			}
		}
	}
}

// draw returns the source of users.
func (c EventsConfig) draw() func() int64 {
	// Knuth's multiplicative hash; a prime, it maps ids one to one.
	const scatter = 2_654_435_761
	random := rand.New(rand.NewPCG(c.Seed, c.Seed))
	users := uint64(c.Users)
	if c.Uniform {
		return func() int64 { return int64(random.Uint64N(users)) }
	}
	zipf := rand.NewZipf(random, 1.1, 1, users-1)
	return func() int64 { return int64(zipf.Uint64() * scatter % users) }
}

// NewEvent returns the event of that number about a user.
func NewEvent(id int, user int64) Event {
	return Event{
		ID: id, User: user, Key: strconv.AppendInt(nil, user, 10),
		Value: fmt.Appendf(nil, `{"event_id":"e-%d","user_id":%d,"type":"page_view","occurred_at":"2026-11-24T00:00:00Z"}`, id, user),
	}
}

// generatedUser returns the user of an event that NewEvent made, without decoding it; false for any other.
func generatedUser(event []byte) (int64, bool) {
	rest, ok := bytes.CutPrefix(event, []byte(`{"event_id":"e-`))
	if !ok {
		return 0, false
	}
	id, rest, ok := bytes.Cut(rest, []byte(`","user_id":`))
	if !ok || !digits(id) {
		return 0, false
	}
	user, ok := bytes.CutSuffix(rest, []byte(`,"type":"page_view","occurred_at":"2026-11-24T00:00:00Z"}`))
	if !ok || !digits(user) || (len(user) > 1 && user[0] == '0') {
		return 0, false // JSON has no leading zeros.
	}
	n, err := strconv.ParseInt(string(user), 10, 64)
	return n, err == nil
}

// digits reports whether text is decimal digits alone.
func digits(text []byte) bool {
	for _, c := range text {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(text) > 0
}
