package testenv_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/loaderline/loaderline/testenv"
)

func ExampleEvents() {
	for event := range testenv.Events(testenv.EventsConfig{Count: 2, Users: 1}) {
		fmt.Printf("%s %s\n", event.Key, event.Value)
	}
	// Output:
	// 0 {"event_id":"e-0","user_id":0,"type":"page_view","occurred_at":"2026-11-24T00:00:00Z"}
	// 0 {"event_id":"e-1","user_id":0,"type":"page_view","occurred_at":"2026-11-24T00:00:00Z"}
}

func TestEventsAreTheSameEachTime(t *testing.T) {
	for _, config := range []testenv.EventsConfig{{Count: 1000}, {Count: 1000, Uniform: true}} {
		events := testenv.Events(config)
		first := slices.Collect(events)
		if !reflect.DeepEqual(first, slices.Collect(events)) {
			t.Errorf("%+v: the second pass differs", config)
		}
		config.Seed = 2
		if reflect.DeepEqual(first, slices.Collect(testenv.Events(config))) {
			t.Errorf("%+v gives the events of seed 1", config)
		}
	}
}

// Most events are about a tenth of the users, and these are not neighbours.
func TestEventsFollowZipfScattered(t *testing.T) {
	const users, count = 100_000, 200_000
	of := map[int64]int{}
	for event := range testenv.Events(testenv.EventsConfig{Count: count, Users: users}) {
		of[event.User]++
	}
	var counts []int
	top, most := int64(0), 0
	for user, n := range of {
		counts = append(counts, n)
		if n > most {
			top, most = user, n
		}
	}
	slices.SortFunc(counts, func(a, b int) int { return b - a })
	sum := 0
	for _, n := range counts[:min(users/10, len(counts))] {
		sum += n
	}
	if sum < count*8/10 {
		t.Errorf("the busiest tenth of the users has %d of %d events", sum, count)
	}
	if near := of[top+1] + of[top-1]; near > most/10 {
		t.Errorf("user %d has %d events and its neighbours have %d", top, most, near)
	}
}

func TestUniformEventsReachEveryUser(t *testing.T) {
	of := map[int64]int{}
	for event := range testenv.Events(testenv.EventsConfig{Count: 20_000, Users: 100, Uniform: true}) {
		of[event.User]++
	}
	for user := range int64(100) {
		if n := of[user]; n < 100 || n > 400 {
			t.Errorf("user %d has %d events of an expected 200", user, n)
		}
	}
}

// The oracle reads generated events without decoding them; it must see in them what it sees in any other.
func TestSubjectOfAnyEvent(t *testing.T) {
	oracle := &testenv.ShopOracle{}
	rapid.Check(t, func(t *rapid.T) {
		user := rapid.Int64Range(0, 1<<62).Draw(t, "user")
		event := testenv.NewEvent(rapid.IntRange(0, 1<<40).Draw(t, "id"), user).Value
		for _, value := range [][]byte{event, append([]byte(" "), event...)} {
			if got, ok := oracle.Subject(value); !ok || got != user {
				t.Errorf("Subject(%s) = %d, %t", value, got, ok)
			}
		}
	})
	for event, want := range map[string]int64{
		`{"user_id":"00123"}`: 123, `{"user_id":-5}`: -5, `{"a":[{"user_id":1}],"user_id":2}`: 2,
	} {
		if got, ok := oracle.Subject([]byte(event)); !ok || got != want {
			t.Errorf("Subject(%s) = %d, %t; want %d", event, got, ok, want)
		}
	}
	for _, event := range []string{
		``, `null`, `[]`, `{`, `{}`, `{"USER_ID":1}`, `{"user_id":null}`, `{"user_id":1.5}`, `{"user_id":1e3}`,
		`{"user_id":{}}`, `{"user_id":"abc"}`, `{"user_id":9223372036854775808}`, `{"user_id":1} x`,
		`{"event_id":"e-1","user_id":01,"type":"page_view","occurred_at":"2026-11-24T00:00:00Z"}`,
	} {
		if got, ok := oracle.Subject([]byte(event)); ok {
			t.Errorf("Subject(%s) = %d; want none", event, got)
		}
	}
}
