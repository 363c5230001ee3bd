package chaos

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/loaderline/loaderline/testenv"
)

// Where an element of an event's list goes, if not to a further topic.
const toOutput, toNowhere = "out", "nowhere"

// routes are the further topics, without the name of the round.
var routes = []string{"first", "second"}

const (
	mostElements = 6 // of an event
	// tight is what the last of the routes takes, in bytes, and no other topic of outcomes.
	tight = 64 << 10
)

// routeConfig is the configuration of the further topics.
var routeConfig = []string{largestConfig, fmt.Sprint("max.message.bytes=", tight)}

// element is one of an event's list.
type element struct {
	N   int    `json:"n"`
	Pad string `json:"pad,omitempty"`
	To  string `json:"to"`
}

// split is testenv.NewEvent with a list. One of its elements becomes a record at least. Of a long list, neighbors go to
// one topic. Now and then the last record of a list is too large for its topic, and the others are not.
func split(id int, user int64) testenv.Event {
	list := make([]element, 1+id%mostElements)
	for n := range list {
		list[n] = element{N: n, To: [...]string{toOutput, routes[0], toNowhere, routes[1]}[(id+n/2)%4]}
	}
	if list[0].To == toNowhere {
		list[0].To = toOutput
	}
	if id%poisonEvery == 0 {
		last := &list[len(list)-1]
		last.Pad, last.To = strings.Repeat("x", tight), routes[1]
	}
	e := testenv.NewEvent(id, user)
	e.Value = fmt.Appendf(nil, `{"event_id":"e-%d","user_id":%d,"items":%s}`, id, user, text(list))
	return e
}

// text is a value in JSON.
func text(value any) string {
	t, err := json.Marshal(value)
	if err != nil {
		panic(err) // numbers and texts have a JSON.
	}
	return string(t)
}

// allowSplit says which dead letters are right though the oracle could enrich the event.
func allowSplit(d testenv.DeadLetter) bool {
	return d.Kind == "too_large" && len(d.Record.Value) > tight
}

// parts returns the records that such an event must become.
func (r *Round) parts(event []byte) []testenv.Part {
	var e struct{ Items []element }
	if json.Unmarshal(event, &e) != nil {
		return nil // it becomes a dead letter.
	}
	var list []testenv.Part
	for _, item := range e.Items {
		part := testenv.Part{Element: text(item)}
		if i := slices.Index(routes, item.To); i >= 0 {
			part.Topic = r.routes[i]
		}
		if item.To != toNowhere {
			list = append(list, part)
		}
	}
	return list
}

// forEach returns the keys of the section output by which each element of the event's list makes a record.
func (r *Round) forEach() string {
	if !r.scenario.Split {
		return ""
	}
	return fmt.Sprintf(`, for_each: event.items, value: {event: event, item: item, user: user, purchases: purchases}, routes: [
  {when: item.to == '%s', drop: true}, {when: item.to == '%s', topic: %s}, {when: item.to == '%s', topic: %s}]`,
		toNowhere, routes[0], r.routes[0], routes[1], r.routes[1])
}
