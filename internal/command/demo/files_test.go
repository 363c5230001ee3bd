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
	"github.com/loaderline/loaderline/internal/devregistry"
	"github.com/loaderline/loaderline/internal/devregistry/devregistrytest"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
)

// A folder's name may be anything, and may change.
func TestWrittenFilesWork(t *testing.T) {
	for in, want := range map[pipelinefile.Format]struct {
		lines, valid int
		broker       string
	}{
		// Of ten bad events one has no value, and two are cut off.
		pipelinefile.FormatJSON: {99, 97, "loaderline broker"},
		// Of ten bad events seven are none that a line of JSON can be.
		pipelinefile.FormatAvro: {93, 93, `loaderline broker --registry 127.0.0.1:8081 --schema 'shop-events-value=`},
	} {
		t.Run(string(in), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), `a "b" ${c} 100%? 'd'`)
			files, err := demo.Write(t.Context(), dir, 100, in)
			if err != nil {
				t.Fatal(err)
			}
			moved := dir + " moved"
			if err := os.Rename(dir, moved); err != nil {
				t.Fatal(err)
			}
			opens(t, filepath.Join(moved, filepath.Base(files.Pipeline)), in)
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
			if len(lines) != want.lines || valid != want.valid {
				t.Errorf("%d lines, %d of them valid; want %d and %d", len(lines), valid, want.lines, want.valid)
			}
			if _, err := demo.Write(t.Context(), dir, 100, in); !errors.Is(err, demo.ErrExists) {
				t.Errorf("writing them again: %v", err)
			}
			commands := strings.Join(files.Commands(), "\n")
			if !strings.Contains(commands, `'\''d'\''/pipeline.yaml'`) || !strings.HasPrefix(commands, want.broker) {
				t.Errorf("a shell does not take\n%s", commands)
			}
		})
	}
}

// opens opens what a pipeline file names.
func opens(t *testing.T, path string, in pipelinefile.Format) {
	t.Helper()
	if in.HasSchema() {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		server, _ := devregistrytest.Start(t)
		if err := os.WriteFile(path, bytes.Replace(text, []byte("http://"+devregistry.DefaultListen), []byte(server.URL()), 1), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	file, err := pipelinefile.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if file.Input.Format != in || file.Output.Format != in {
		t.Errorf("events are %s and outputs %s, want %s", file.Input.Format, file.Output.Format, in)
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
}
