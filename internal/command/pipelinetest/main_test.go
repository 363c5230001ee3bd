package pipelinetest_test

import (
	"testing"

	"go.uber.org/goleak"

	_ "github.com/loaderline/loaderline/internal/pipeline/httpsource" // The sources that tests use.
	_ "github.com/loaderline/loaderline/internal/pipeline/postgressource"
	_ "github.com/loaderline/loaderline/internal/pipeline/redissource"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
