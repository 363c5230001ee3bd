package demo_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loaderline/loaderline/internal/command/demo"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
)

// A folder's name may be anything, and may change.
func TestWrittenFilesWork(t *testing.T) {
	dir := filepath.Join(t.TempDir(), `a "b" ${c} 100%? 'd'`)
	files, err := demo.Write(t.Context(), dir, 100)
	if err != nil {
		t.Fatal(err)
	}
	moved := dir + " moved"
	if err := os.Rename(dir, moved); err != nil {
		t.Fatal(err)
	}
	file, err := pipelinefile.Load(filepath.Join(moved, filepath.Base(files.Pipeline)))
	if err != nil {
		t.Fatal(err)
	}
	layout, err := pipeline.NewLayout(file)
	if err != nil {
		t.Fatal(err)
	}
	open, err := pipeline.Open(t.Context(), layout, pipeline.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := open.Close(); err != nil {
		t.Error(err)
	}
	if err := os.Rename(moved, dir); err != nil {
		t.Fatal(err)
	}
	events, err := os.ReadFile(files.Events)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSuffix(events, []byte("\n")), []byte("\n"))
	valid := 0
	for _, line := range lines {
		if json.Valid(line) {
			valid++
		}
	}
	// Of ten bad events one has no value, and two are cut off.
	if len(lines) != 99 || valid != 97 {
		t.Errorf("%d lines, %d of them valid", len(lines), valid)
	}
	if _, err := demo.Write(t.Context(), dir, 100); !errors.Is(err, demo.ErrExists) {
		t.Errorf("writing them again: %v", err)
	}
	if commands := strings.Join(files.Commands(), "\n"); !strings.Contains(commands, `'\''d'\''/pipeline.yaml'`) {
		t.Errorf("a shell does not take\n%s", commands)
	}
}
