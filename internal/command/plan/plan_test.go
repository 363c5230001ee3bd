package plan_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/loaderline/loaderline/internal/command/plan"
	"github.com/loaderline/loaderline/internal/console"
	"github.com/loaderline/loaderline/internal/goldentest"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
)

// TestGolden compares the plans of testdata, as a tree and as JSON. None shows a DSN.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			f, err := pipelinefile.Load(path)
			if err != nil {
				t.Fatal(err)
			}
			layout, err := pipeline.NewLayout(f)
			if err != nil {
				t.Fatal(err)
			}
			plan := plan.New(layout)
			tree := plan.Tree(console.Palette{})
			for line := range strings.Lines(tree) {
				if utf8.RuneCountInString(line) > 81 {
					t.Errorf("wider than 80 columns: %s", line)
				}
			}
			golden(t, strings.TrimSuffix(path, ".yaml")+".txt", tree)
			asJSON, err := json.MarshalIndent(plan, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			golden(t, strings.TrimSuffix(path, ".yaml")+".json", string(asJSON)+"\n")
		})
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if strings.Contains(got, "canary") {
		t.Errorf("%s shows a DSN", path)
	}
	goldentest.Compare(t, path, got)
}
