package counterpart_test

import (
	"testing"

	"github.com/loaderline/loaderline/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }
