// Package lookuptest is the conformance suite of lookup sources: what every one of them promises, whatever it asks.
package lookuptest

import (
	"encoding/json"
	"testing"

	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/stages/lookup"
)

// Row is one thing that a source knows. Its value is the object {"n": N, "body": Body}, in this order.
type Row struct {
	Key  lookup.Key
	N    int64
	Body string
}

// Value is the row as a source puts it.
func (r Row) Value() string {
	value, err := json.Marshal(struct {
		N    int64  `json:"n"`
		Body string `json:"body"`
	}{r.N, r.Body})
	if err != nil {
		panic(err)
	}
	return string(value)
}

// World is what a source knows.
type World struct {
	// Type is the type of the keys.
	Type lookupkey.Type
	// Many makes lists of rows, in the order of Rows.
	Many bool
	// Rows are in the order in which the source returns them, if it has one.
	Rows []Row
}

// Harness makes the sources of one kind.
type Harness struct {
	// Types are the key types that the source understands.
	Types []lookupkey.Type
	// New makes a source that knows only this world. It ends with the test.
	New func(testing.TB, World) lookupext.Source
	// Extra is New, but the source returns all its rows whatever it is asked for. nil: it cannot.
	Extra func(testing.TB, World) lookupext.Source
	// PartlyFailing is New, but one key fails and the others do not. nil: it cannot.
	PartlyFailing func(testing.TB, World, lookup.Key) lookupext.Source
	// Slow makes a source whose calls do not end within 30 s. nil: it cannot.
	Slow func(testing.TB) lookupext.Source
	// OneRow reports whether the source cannot have two rows for a key unless World.Many is set.
	OneRow bool
}

// Run is the suite.
func Run(t *testing.T, h Harness) {
	t.Helper()
	t.Run("answers by key", h.answersByKey)
	t.Run("no keys", h.noKeys)
	t.Run("odd text", h.oddText)
	t.Run("a list for a key", h.lists)
	t.Run("two rows for one key", h.twoRows)
	t.Run("rows nobody asked for", h.unrequestedRows)
	t.Run("a key that fails", h.partialFailure)
	t.Run("key types", h.keyTypes)
	t.Run("5,000 keys", h.manyKeys)
	t.Run("a huge value", h.hugeValue)
	t.Run("any world", h.anyWorld)
	t.Run("at once", h.concurrently)
	t.Run("cancelled before", h.cancelledBefore)
	t.Run("too slow", h.tooSlow)
}
