package demo

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/loaderline/loaderline/internal/devbroker"
)

//go:embed pipeline.yaml
var pipelineFile string

// The topics of the demo's pipeline file.
const (
	inputTopic      = "shop-events"
	outputTopic     = "shop-events-enriched"
	deadLetterTopic = "shop-events-dead"
)

func topics() []string { return []string{inputTopic, outputTopic, deadLetterTopic} }

// Files are a demo to run by hand: the pipeline file, the database that it names, and the events.
type Files struct {
	Pipeline string // the pipeline file, for a broker at devbroker.DefaultListen
	Shop     string // the SQLite database
	Events   string // one event a line; those without a value cannot be in it
}

// ErrExists says that a file is there already; it is not written over.
var ErrExists = errors.New("it is there already; choose another folder")

// Write writes the demo's pipeline file, its seeded database and n events into a folder, which is made if need be. A
// file that is there already is an error with ErrExists.
func Write(ctx context.Context, dir string, n int) (Files, error) {
	// The pipeline runs from anywhere: its database is named by an absolute path.
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return Files{}, fmt.Errorf("write the demo's files: %w", err)
	}
	if err := os.MkdirAll(absolute, 0o755); err != nil {
		return Files{}, fmt.Errorf("write the demo's files: %w", err)
	}
	files := Files{Pipeline: filepath.Join(dir, "pipeline.yaml"), Shop: filepath.Join(absolute, "shop.db"), Events: filepath.Join(dir, "events.ndjson")}
	for _, file := range []string{files.Pipeline, files.Shop, files.Events} {
		if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
			return Files{}, fmt.Errorf("write %s: %w", file, errors.Join(ErrExists, err))
		}
	}
	if err := SeedShop(ctx, files.Shop); err != nil {
		return Files{}, err
	}
	if err := writeEvents(files.Events, n); err != nil {
		return Files{}, fmt.Errorf("write the demo's events: %w", err)
	}
	return files, writePipeline(files.Pipeline, devbroker.DefaultListen, files.Shop)
}

// Commands are what runs the demo by hand, in order. The broker and the pipeline each take a terminal of their own.
func (f Files) Commands() []string {
	pipeline := quoted(f.Pipeline)
	return []string{
		"loaderline broker",
		"loaderline check " + pipeline + " --create-topics",
		"loaderline run " + pipeline,
		"loaderline publish " + pipeline + " " + quoted(f.Events),
		"loaderline consume " + pipeline + " -n 3",
		"loaderline consume " + pipeline + " --dead-letters -n 3 --format json",
	}
}

// quoted is a path as a shell takes it.
func quoted(path string) string {
	if strings.Trim(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+@%,:=") == "" {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}

// writePipeline writes the pipeline file for a broker and a database.
func writePipeline(file, broker, shop string) error {
	text := pipelineFile
	for name, value := range map[string]string{"DEMO_BROKERS": broker, "DEMO_SHOP": shop} {
		// JSON's strings are YAML's too, whatever a path holds.
		quoted, err := json.Marshal(strings.ReplaceAll(value, "${", "$${"))
		if err != nil {
			return fmt.Errorf("write the demo's pipeline file: %w", err)
		}
		text = strings.Replace(text, `"${`+name+`}"`, string(quoted), 1)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return fmt.Errorf("write the demo's pipeline file: %w", err)
	}
	return nil
}

func writeEvents(file string, n int) (err error) {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriterSize(f, 64<<10)
	for _, e := range events(n) {
		if e.record.Value != nil {
			if _, err := w.Write(append(e.record.Value, '\n')); err != nil {
				return err
			}
		}
	}
	return w.Flush()
}
