package bench

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/loaderline/loaderline/testenv"
)

// Wide is what an event holds besides the fields of the workload.
type Wide struct {
	// Padding is the bytes of a field padding: letters and digits by chance, so that compression takes little off. Defaults to none.
	Padding int
	// Keys is the number of users in a field others, a list. Defaults to none.
	Keys int
}

// configs returns the settings of a topic that has room for such events and their outputs.
func (w Wide) configs() []string {
	if w == (Wide{}) {
		return nil
	}
	const largest = 8 << 20
	return []string{fmt.Sprintf("max.message.bytes=%d", largest)}
}

// widen adds the fields to events.
func (w Wide) widen(events iter.Seq[testenv.Event], users int) iter.Seq[testenv.Event] {
	if w == (Wide{}) {
		return events
	}
	return func(yield func(testenv.Event) bool) {
		random := rand.New(rand.NewPCG(1, 1))
		padding := w.padding(random)
		for e := range events {
			value := slices.Concat(e.Value[:len(e.Value)-1], padding)
			if w.Keys > 0 {
				value = append(value, `,"others":[`...)
				for n := range w.Keys {
					if n > 0 {
						value = append(value, ',')
					}
					value = strconv.AppendInt(value, random.Int64N(int64(users)), 10)
				}
				value = append(value, ']')
			}
			value = append(value, '}')
			e.Value = value
			if !yield(e) {
				return
			}
		}
	}
}

// padding returns the field, which is the same in all events: they are far enough apart for compression to see each anew.
func (w Wide) padding(random *rand.Rand) []byte {
	if w.Padding == 0 {
		return nil
	}
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	field := []byte(`,"padding":"`)
	for range w.Padding {
		field = append(field, letters[random.IntN(len(letters))])
	}
	return append(field, '"')
}
