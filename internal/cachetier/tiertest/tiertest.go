// Package tiertest is the conformance suite of cache tiers: what every one of them promises, wherever it keeps its bytes.
package tiertest

import (
	"testing"

	"github.com/loaderline/loaderline/internal/cachetier"
)

// Harness makes the tiers of one kind.
type Harness struct {
	// New makes a new, empty store, which ends with the test. The function that it returns opens a tier on the
	// store, as often as it is called: as a process that starts again or, where the store is Shared, as one more
	// process. The suite closes the tiers.
	New func(testing.TB) (open func(testing.TB) cachetier.Tier)
	// Shared reports whether several tiers can be open on one store at once.
	Shared bool
	// Volatile reports whether what a tier holds ends with it.
	Volatile bool
	// MaxValue is the size of the largest value that a tier must keep, in bytes. Defaults to 4 MiB.
	MaxValue int
}

// Run is the suite.
func Run(t *testing.T, h Harness) {
	t.Helper()
	if h.MaxValue == 0 {
		h.MaxValue = 4 << 20
	}
	t.Run("has a name", h.hasAName)
	t.Run("gives what was set", h.givesWhatWasSet)
	t.Run("replaces", h.replaces)
	t.Run("nothing asked", h.nothingAsked)
	t.Run("a key asked twice", h.askedTwice)
	t.Run("values are kept apart", h.valuesAreKeptApart)
	t.Run("odd keys", h.oddKeys)
	t.Run("odd values", h.oddValues)
	t.Run("5,000 keys", h.manyKeys)
	t.Run("spaces apart", h.spacesApart)

	t.Run("past its time", h.pastItsTime)
	t.Run("the end of an entry", h.endOfAnEntry)

	t.Run("invalidate", h.invalidate)
	t.Run("invalidate all", h.invalidateAll)
	t.Run("invalidate what is not there", h.invalidateNothing)
	t.Run("clear", h.clear)
	t.Run("positions", h.positions)
	t.Run("positions saved at once", h.positionsAtOnce)

	t.Run("a cancelled context", h.cancelledContext)
	t.Run("at once", h.concurrently)
	t.Run("after Close", h.afterClose)
	if !h.Volatile {
		t.Run("opened again", h.openedAgain)
		t.Run("cleared and opened again", h.clearedAndOpenedAgain)
	}
	if h.Shared {
		t.Run("two processes", h.twoProcesses)
		t.Run("another's invalidation during a load", h.fence)
		t.Run("another's positions", h.sharedPositions)
	}
}
