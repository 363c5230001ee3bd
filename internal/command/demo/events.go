package demo

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// maxBad is how many of the events are bad, where there are enough of them.
const maxBad = 30

// unknownUser is a user that the shop does not have.
const unknownUser = 999_999

// bad are the ways in which events are bad, each with the kind of its dead letter.
var bad = []struct {
	kind  string
	value func(id string) []byte
}{
	{"decode", func(id string) []byte { return []byte(`{"event_id":"` + id + `","user_id":`) }},
	{"decode", func(id string) []byte { return []byte(`["` + id + `"]`) }},
	{"missing", func(id string) []byte { return []byte(`{"event_id":"` + id + `","type":"page_view"}`) }},
	{"key", func(id string) []byte { return []byte(`{"event_id":"` + id + `","user_id":"me"}`) }},
	{"missing", func(id string) []byte { return fmt.Appendf(nil, `{"event_id":%q,"user_id":%d}`, id, unknownUser) }},
	{"decode", func(string) []byte { return nil }},
}

// event is an event to publish.
type event struct {
	record *kgo.Record
	kind   string // of the dead letter that has to become of it; empty for a good event
}

// events makes n events, the same each time. Few users have most of them, as in life.
func events(n int) []event {
	random := rand.New(rand.NewPCG(2, 2))
	popular := rand.NewZipf(random, 1.1, 1, users-1)
	at := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	wrong := min(maxBad, n/10)
	all := make([]event, n)
	for i := range wrong {
		// Spread evenly: each in the middle of its share.
		at := (2*i + 1) * n / (2 * wrong)
		id, b := "e-"+strconv.Itoa(at), bad[i%len(bad)]
		all[at] = event{record: &kgo.Record{Key: []byte(id), Value: b.value(id)}, kind: b.kind}
	}
	for i := range all {
		if all[i].record != nil {
			continue
		}
		id := "e-" + strconv.Itoa(i)
		user := popular.Uint64() * 619 % users // scattered over the numbers
		all[i].record = &kgo.Record{
			Key:   strconv.AppendUint(nil, user, 10),
			Value: fmt.Appendf(nil, `{"event_id":%q,"user_id":%d,"type":"page_view","occurred_at":%q}`, id, user, at.Add(time.Duration(i)*time.Second).Format(time.RFC3339)),
		}
	}
	return all
}
