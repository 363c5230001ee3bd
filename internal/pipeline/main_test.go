package pipeline_test

import (
	"testing"

	"github.com/loaderline/loaderline/testenv"
)

func TestMain(m *testing.M) {
	testenv.AtOnce(6)
	testenv.Main(m)
}
