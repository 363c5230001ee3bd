package status_test

import (
	"testing"

	"github.com/loaderline/loaderline/testenv"
)

// TestMain also looks for goroutines that are left.
func TestMain(m *testing.M) { testenv.Main(m) }
