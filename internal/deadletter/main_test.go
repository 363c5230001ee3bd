package deadletter_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/loaderline/loaderline/internal/deadletter"
)

// TestMain lets this test's binary run the programs of fixes.
func TestMain(m *testing.M) {
	if deadletter.ServeFix() {
		return
	}
	goleak.VerifyTestMain(m)
}
