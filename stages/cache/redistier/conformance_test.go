package redistier_test

import (
	"crypto/rand"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/loaderline/loaderline/internal/cachetier"
	"github.com/loaderline/loaderline/internal/cachetier/tiertest"
	"github.com/loaderline/loaderline/stages/cache/redistier"
	"github.com/loaderline/loaderline/testenv"
)

// inUse makes a tier one that was in use before. In a new one, what began to load before it was made is old.
func inUse(tb testing.TB, db redis.Cmdable, prefix string) {
	tb.Helper()
	if err := db.HSet(tb.Context(), "{"+prefix+"}:floors", "*", 0).Err(); err != nil {
		tb.Fatal(err)
	}
}

func TestConforms(t *testing.T) {
	t.Parallel()
	tiertest.Run(t, tiertest.Harness{
		Shared: true,
		New: func(tb testing.TB) func(testing.TB) cachetier.Tier {
			tb.Helper()
			address, prefix := testenv.Redis(tb), rand.Text()[:10]
			inUse(tb, commands(tb, address), prefix)
			return func(tb testing.TB) cachetier.Tier {
				tb.Helper()
				tier, err := redistier.OpenTier(tb.Context(), at(address, prefix))
				if err != nil {
					tb.Fatal(err)
				}
				return tier
			}
		},
	})
}
