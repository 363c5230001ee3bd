package demo

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/pipelinefile"
)

// maxBad is how many of the events are bad, where there are enough of them.
const maxBad = 30

// unknownUser is a user that the shop does not have.
const unknownUser = 999_999

// way is a way in which events are bad.
type way struct {
	kind string                 // of the dead letter
	text func(id string) string // the event as JSON; an empty one has no value
	// spoil returns what is published instead of the encoded value. Nil changes nothing.
	spoil func(text, value []byte) []byte
}

// bad are the ways of each format.
var bad = map[pipelinefile.Format][]way{
	pipelinefile.FormatJSON: {
		{kind: "decode", text: func(id string) string { return `{"event_id":"` + id + `","user_id":` }},
		{kind: "decode", text: func(id string) string { return `["` + id + `"]` }},
		{kind: "missing", text: withoutUser},
		{kind: "key", text: func(id string) string { return `{"event_id":"` + id + `","user_id":"me"}` }},
		{kind: "missing", text: ofUnknownUser},
		{kind: "decode", text: withoutValue},
	},
	pipelinefile.FormatAvro: {
		{kind: "decode", text: ofUnknownUser, spoil: func(text, _ []byte) []byte { return text }},                  // not encoded
		{kind: "decode", text: ofUnknownUser, spoil: func(_, value []byte) []byte { return value[:len(value)/2] }}, // cut off
		{kind: "missing", text: withoutUser}, // null
		{kind: "decode", text: ofUnknownUser, spoil: func(_, value []byte) []byte { return append(value, value[5:]...) }}, // two events behind one ID
		{kind: "missing", text: ofUnknownUser},
		{kind: "decode", text: withoutValue},
	},
}

func withoutUser(id string) string { return `{"event_id":"` + id + `","type":"page_view"}` }

func ofUnknownUser(id string) string {
	return fmt.Sprintf(`{"event_id":%q,"user_id":%d}`, id, unknownUser)
}

func withoutValue(string) string { return "" }

// event is an event to publish.
type event struct {
	key  []byte
	text []byte // the event as JSON, which is not encoded yet; nil: it has no value
	way         // in which it is bad; without a kind it is good
}

// isLine reports whether the event can be a line of a file that is published.
func (e event) isLine() bool { return e.text != nil && e.spoil == nil }

// record returns the event as a record, whose value encode makes of JSON.
func (e event) record(encode func([]byte) ([]byte, error)) (*kgo.Record, error) {
	r := &kgo.Record{Key: e.key}
	if e.text == nil {
		return r, nil
	}
	var err error
	if r.Value, err = encode(e.text); err != nil {
		return nil, fmt.Errorf("encode event %s: %w", e.text, err)
	}
	if e.spoil != nil {
		r.Value = e.spoil(e.text, r.Value)
	}
	return r, nil
}

// events makes n events of a format, the same each time. Few users have most of them, as in life.
func events(n int, in pipelinefile.Format) []event {
	random := rand.New(rand.NewPCG(2, 2))
	popular := rand.NewZipf(random, 1.1, 1, users-1)
	at := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	wrong := min(maxBad, n/10)
	all := make([]event, n)
	for i := range wrong {
		// Spread evenly: each in the middle of its share.
		at := (2*i + 1) * n / (2 * wrong)
		id, w := "e-"+strconv.Itoa(at), bad[in][i%len(bad[in])]
		all[at] = event{key: []byte(id), way: w}
		if text := w.text(id); text != "" {
			all[at].text = []byte(text)
		}
	}
	for i := range all {
		if all[i].kind != "" {
			continue
		}
		id := "e-" + strconv.Itoa(i)
		user := popular.Uint64() * 619 % users // scattered over the numbers
		all[i].key = strconv.AppendUint(nil, user, 10)
		all[i].text = fmt.Appendf(nil, `{"event_id":%q,"user_id":%d,"type":"page_view","occurred_at":%q}`, id, user, at.Add(time.Duration(i)*time.Second).Format(time.RFC3339))
	}
	return all
}
