package tiertest_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/loaderline/loaderline/internal/cachetier"
	"github.com/loaderline/loaderline/internal/cachetier/tiertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestTheFakeConforms holds the suite against the simplest tier that there can be.
func TestTheFakeConforms(t *testing.T) {
	tiertest.Run(t, tiertest.Harness{
		Shared: true,
		New: func(testing.TB) func(testing.TB) cachetier.Tier {
			var store tiertest.Store
			return func(testing.TB) cachetier.Tier { return tiertest.NewFake(&store) }
		},
	})
}
