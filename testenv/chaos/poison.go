package chaos

import (
	"fmt"
	"strings"

	"github.com/loaderline/loaderline/testenv"
)

// poisonEvery is how many events there are to a bad one.
const poisonEvery = 97

// corpus is values of records that no program should have published, and some that are merely large. %d is the event's number.
var corpus = []string{
	`{"event_id":"e-%d","user_id":`,
	`["e-%d"]`,
	`"e-%d"`,
	`{"event_id":"e-%d"}`,
	`{"event_id":"e-%d","user_id":null}`,
	`{"event_id":"e-%d","user_id":"many"}`,
	`{"event_id":"e-%d","user_id":[1]}`,
	`{"event_id":"e-%d","user_id":1.5}`,
	`{"event_id":"e-%d","user_id":99999999999999999999}`,
	`{"event_id":"e-%d","user_id":-1}`,
	"{\"event_id\":\"e-%d\",\"user_id\":1,\"x\":\"\xff\"}",
	`{"event_id":"e-%d","user_id":1,"user_id":2}`,
	`{"event_id":"e-%d","user_id":1,"x":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}`,
	`{"event_id":"e-%d","user_id":1,"pad":"` + strings.Repeat("x", 8_000) + `"}`,
	`{"event_id":"e-%d","user_id":1,"pad":"` + strings.Repeat("x", largest-200) + `"}`,
}

// poisoned is testenv.NewEvent, but for a bad one now and then.
func poisoned(id int, user int64) testenv.Event {
	e := testenv.NewEvent(id, user)
	if id%poisonEvery != 0 {
		return e
	}
	switch n := id / poisonEvery % (len(corpus) + 3); {
	case n < len(corpus):
		e.Value = fmt.Appendf(nil, corpus[n], id)
	case n == len(corpus):
		e.Value = nil
	case n == len(corpus)+1:
		e.Value = []byte{}
	default:
		e.Key = nil
	}
	return e
}

// allowPoison says which dead letters are right though the oracle, which is less strict about JSON, could enrich the event.
func allowPoison(d testenv.DeadLetter) bool {
	return d.Kind == "too_large" || strings.Contains(d.Message, "invalid UTF-8") || strings.Contains(d.Message, "twice in one object")
}
