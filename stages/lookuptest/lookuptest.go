// Package lookuptest is the conformance suite of sources that load JSON by key: what each of them promises, whatever it asks. All
// sources of this module run it, and so can a stages.Source[lookup.Key, []byte] of your own, in a test:
//
//	func TestConforms(t *testing.T) {
//		lookuptest.Run(t, lookuptest.Harness{KeyTypes: []string{"bigint", "text"}, New: newSource})
//	}
//
// The suite says which rows there are, and the test fills a store of its own with them. Package lookup lists the types of keys by
// their names.
package lookuptest

import (
	"encoding/json"
	"testing"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// Row is a row that a source has. Its value is the object {"n": N, "body": Body}.
type Row struct {
	// Key is canonical JSON, as the source is asked for it: 7 for a bigint, and "7" with its quotes for a text.
	Key lookup.Key
	N   int64
	// Body is any text in UTF-8, with quotes and line breaks. It can have 4 MiB.
	Body string
}

// Value returns the row as compact JSON. A source puts that, or the same with other escapes or another order of the members.
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

// World says which rows a source has.
type World struct {
	// KeyType is the name of the type of all keys: bigint, or one of Harness.KeyTypes. Of several names it is the one that package
	// lookup lists first.
	KeyType string
	// Many says that the value of a key is the list of its rows, in the order of Rows. If it is false, the value is the row itself.
	Many bool
	// Rows are in the order in which the source returns them, if it has one. Unless Many is set, the source fails a key that has
	// several rows, with an error of class stages.Permanent.
	Rows []Row
}

// Harness makes the sources of one kind. Its functions report errors to the test, and close what they open in its Cleanup.
type Harness struct {
	// KeyTypes are the names of the key types that the source takes, such as bigint, text or any. Package lookup lists them. One more,
	// caseless, is text that a database compares without regard to case. The suite asks for keys of each type, and with text for
	// unusual texts too. It asks for bigint keys even if they are not listed. Defaults to none.
	KeyTypes []string
	// New returns a source that has the rows of a world and no others. Required.
	New func(testing.TB, World) stages.Source[lookup.Key, []byte]
	// Extra is New for a source whose store returns all rows of the world, whatever is asked for. nil skips the tests of that.
	Extra func(testing.TB, World) stages.Source[lookup.Key, []byte]
	// PartlyFailing is New for a source that fails the given key and no other. nil skips the tests of that.
	PartlyFailing func(testing.TB, World, lookup.Key) stages.Source[lookup.Key, []byte]
	// Slow returns a source whose calls take longer than 30 s. Their keys are bigints. nil skips the tests of that.
	Slow func(testing.TB) stages.Source[lookup.Key, []byte]
	// OneRow says that the store cannot hold several rows for a key. No world has them then, unless its Many is set. Defaults to
	// false.
	OneRow bool
}

// Run runs the suite, each part as a subtest.
func Run(t *testing.T, h Harness) {
	t.Helper()
	if h.New == nil {
		t.Fatal("lookuptest: Harness.New is nil: set it to a function that returns a source")
	}
	types, err := parseKeyTypes(h.KeyTypes)
	if err != nil {
		t.Fatalf("lookuptest: Harness.KeyTypes: %v", err)
	}
	s := suite{Harness: h, types: types}
	t.Run("answers by key", s.answersByKey)
	t.Run("no keys", s.noKeys)
	t.Run("odd text", s.oddText)
	t.Run("a list for a key", s.lists)
	t.Run("two rows for one key", s.twoRows)
	t.Run("rows nobody asked for", s.unrequestedRows)
	t.Run("a key that fails", s.partialFailure)
	t.Run("key types", s.keyTypes)
	t.Run("5,000 keys", s.manyKeys)
	t.Run("a huge value", s.hugeValue)
	t.Run("any world", s.anyWorld)
	t.Run("at once", s.concurrently)
	t.Run("cancelled before", s.cancelledBefore)
	t.Run("too slow", s.tooSlow)
}
