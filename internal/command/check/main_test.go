package check_test

import (
	"testing"

	_ "github.com/loaderline/loaderline/internal/pipeline/all" // Tests use sources of all kinds.
	"github.com/loaderline/loaderline/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }
