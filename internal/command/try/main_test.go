package try_test

import (
	"testing"

	"go.uber.org/goleak"

	_ "github.com/loaderline/loaderline/internal/pipeline/sqlitesource" // The source that tests use.
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
