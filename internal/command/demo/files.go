package demo

import (
	"bufio"
	"context"
	_ "embed"
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

// The topics of the demo's pipeline file, and the database that it has beside it.
const (
	inputTopic      = "shop-events"
	outputTopic     = "shop-events-enriched"
	deadLetterTopic = "shop-events-dead"
	shopFile        = "shop.db"
)

func topics() []string { return []string{inputTopic, outputTopic, deadLetterTopic} }

// Files are a demo to run by hand: the pipeline file, the database that it names, and the events.
type Files struct {
	Pipeline string // the pipeline file, for a broker at devbroker.DefaultListen
	Shop     string // the SQLite database
	Events   string // one event a line; those without a value cannot be in it
}

// ErrExists says that a file is there already; it is not written over.
var ErrExists = errors.New("it already exists; choose another folder")

// Write writes the demo's pipeline file, its seeded database and n events into a folder, which is made if need be and
// can be moved: the files name each other by relative paths. A file that is there already is an error with ErrExists.
func Write(ctx context.Context, dir string, n int) (Files, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return Files{}, fmt.Errorf("write the demo's files: %w", err)
	}
	files := Files{Pipeline: filepath.Join(dir, "pipeline.yaml"), Shop: filepath.Join(dir, shopFile), Events: filepath.Join(dir, "events.ndjson")}
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
	return files, writePipeline(files.Pipeline, devbroker.DefaultListen)
}

// Commands are what runs the demo by hand, in order. The broker and the pipeline each take their own terminal.
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

// writePipeline writes the pipeline file for a broker, and the database beside it.
func writePipeline(file, broker string) error {
	if err := os.WriteFile(file, []byte(strings.Replace(pipelineFile, "${DEMO_BROKERS}", broker, 1)), 0o600); err != nil {
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
