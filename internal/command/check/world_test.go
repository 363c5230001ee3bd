package check_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/loaderline/loaderline/internal/command/check"
	"github.com/loaderline/loaderline/internal/command/demo"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
)

// checkOf is that of a file, a format for the address of a cluster, a database with a shop, and the rest.
func checkOf(t *testing.T, cluster *kfake.Cluster, format string, rest ...any) check.Check {
	t.Helper()
	shop := filepath.Join(t.TempDir(), "shop.db")
	if err := demo.SeedShop(t.Context(), shop); err != nil {
		t.Fatal(err)
	}
	text := fmt.Appendf(nil, format, append([]any{cluster.ListenAddrs()[0], shop}, rest...)...)
	file, err := pipelinefile.Parse("pipeline.yaml", text, pipelinefile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var c check.Check
	if c.Layout, err = pipeline.NewLayout(file); err != nil {
		t.Fatal(err)
	}
	if c.Kafka, err = pipeline.Kafka(file, nil, nil); err != nil {
		t.Fatal(err)
	}
	return c
}
