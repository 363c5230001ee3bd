package try_test

import (
	"testing"

	"go.uber.org/goleak"

	_ "github.com/loaderline/loaderline/internal/pipeline/all" // Tests use sources of all kinds.
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
