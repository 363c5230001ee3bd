package pipelinefile_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	pf "github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/strictyaml/strictyamltest"
)

// FuzzParse holds the parser to what it promises for any bytes: no panic, and
// either a file or problems that each have a place within it and one line.
func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/right/*.yaml", "testdata/wrong/*.yaml", "../strictyaml/testdata/wrong/*.yaml"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, path := range paths {
			data, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := pf.Parse("pipeline.yaml", data, world())
		if err == nil {
			if file == nil || len(file.Stages) == 0 || len(file.Kafka.Brokers) == 0 || file.Name == "" {
				t.Fatalf("an incomplete file: %+v", file)
			}
			return
		}
		lines := strings.Count(string(data), "\n") + strings.Count(string(data), "\r") + 1
		for _, p := range strictyamltest.Problems(t, err) {
			if p.Line < 1 || p.Line > lines || p.Column < 1 || p.Message == "" {
				t.Errorf("%d:%d in a file of %d lines: %q", p.Line, p.Column, lines, p.Message)
			}
			if text := p.Error(); strings.ContainsAny(text, "\n\r") {
				t.Errorf("more than one line: %q", text)
			}
			if strings.Contains(p.Message, canary) && !strings.Contains(string(data), canary) {
				t.Errorf("a variable's value is shown: %q", p.Message)
			}
		}
	})
}
