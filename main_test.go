package loaderline_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/loaderline/loaderline/testenv"
)

func TestMain(m *testing.M) {
	testenv.AtOnce(6)
	goleak.VerifyTestMain(m)
}
