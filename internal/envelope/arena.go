package envelope

import (
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/sink"
)

// arena hands out records, headers and text from slabs. A slab is not written twice
// before close: the records keep it.
type arena struct {
	headers slab[kgo.RecordHeader]
	text    slab[byte]
	records slab[kgo.Record]

	replay    []byte // nil: none.
	topic     string // Of placeText, as is partition.
	partition int32
	placeText []byte
}

// maxNumber is the most bytes of a number's text.
const maxNumber = 20

func (a *arena) open(records int, replay string, form sink.Source) {
	records = max(records, 1)
	a.placeText, a.replay = nil, nil
	if replay != "" {
		a.replay = []byte(replay)
	}
	a.records.open(records)
	a.headers.open(records * a.sourceHeaders(form))
	a.text.open(records * sourceTextBytes)
}

// close lets go of what the records lead to, and keeps the slabs.
func (a *arena) close() {
	clear(a.records.used)
	clear(a.headers.used)
}

// slab is room for values, one after another.
type slab[T any] struct {
	used []T // Its capacity is the room.
	size int // Of a new one.
}

func (s *slab[T]) open(size int) {
	s.size = size
	if cap(s.used) < size {
		s.used = nil // Made when it is asked for.
		return
	}
	s.used = s.used[:0]
}

// room has n more values fit; what was made before stays where it is.
func (s *slab[T]) room(n int) {
	if cap(s.used)-len(s.used) < n {
		s.used = make([]T, 0, max(s.size, n))
	}
}

func (a *arena) record() *kgo.Record {
	a.records.room(1)
	at := len(a.records.used)
	a.records.used = a.records.used[:at+1]
	return &a.records.used[at]
}

// take returns an empty slice with room for n headers. The caller passes it to
// done when it has filled it.
func (a *arena) take(n int) []kgo.RecordHeader {
	a.headers.room(n)
	at := len(a.headers.used)
	return a.headers.used[at : at : at+n]
}

func (a *arena) done(taken []kgo.RecordHeader) {
	a.headers.used = a.headers.used[:len(a.headers.used)+len(taken)]
}

func (a *arena) room(n int) { a.text.room(n) }

func (a *arena) since(at int) []byte { return a.text.used[at:len(a.text.used):len(a.text.used)] }

func (a *arena) number(n int64) []byte {
	a.room(maxNumber)
	at := len(a.text.used)
	a.text.used = strconv.AppendInt(a.text.used, n, 10)
	return a.since(at)
}

func (a *arena) string(s string) []byte {
	a.room(len(s))
	at := len(a.text.used)
	a.text.used = append(a.text.used, s...)
	return a.since(at)
}

func (a *arena) time(t time.Time) []byte {
	a.room(len(time.RFC3339Nano))
	at := len(a.text.used)
	a.text.used = t.UTC().AppendFormat(a.text.used, time.RFC3339Nano)
	return a.since(at)
}
