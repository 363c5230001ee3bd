package sqllookup

import (
	"math/bits"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/stages/lookup"
)

// TestMySQLListsFit holds that a statement has as many parameters as it has arguments, no more than a server takes,
// and only so many texts.
func TestMySQLListsFit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		parts := rapid.IntRange(1, 20).Draw(rt, "parts")
		lists := rapid.IntRange(1, 20).Draw(rt, "lists")
		s, err := parseStatement("SELECT 1"+strings.Repeat(" WHERE a IN ($keys)", lists), mysqlDialect)
		if err != nil {
			rt.Fatal(err)
		}
		most := mostKeys(parts * lists)
		n := rapid.IntRange(1, most).Draw(rt, "keys")
		l := &mysqlLookup{prepared: &prepared{types: make(lookupkey.Types, parts)}, statement: s}
		keys := make([]lookup.Key, n)
		for i := range keys {
			keys[i] = "7"
			if parts > 1 {
				keys[i] = lookup.Key("[7" + strings.Repeat(",7", parts-1) + "]")
			}
		}
		size := listSize(n)
		args := l.arguments(keys)
		if got := strings.Count(expand(s, size, slices.Repeat([]string{"?"}, parts)).sql, "?"); got != len(args) || got > 65535 {
			rt.Errorf("%d parameters for %d arguments", got, len(args))
		}
		if size < n || size > most || bits.OnesCount(uint(size)) != 1 {
			rt.Errorf("%d keys are filled up to %d, of %d", n, size, most)
		}
	})
}
