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
	"github.com/loaderline/loaderline/internal/devregistry"
	"github.com/loaderline/loaderline/internal/pipelinefile"
)

//go:embed pipeline.yaml
var pipelineFile string

//go:embed events.avsc
var eventSchema []byte

// inAvro makes the pipeline file one of events in Avro.
var inAvro = strings.NewReplacer(
	"loaderline demo. Yours differs in two places: the brokers, and the database.",
	"loaderline demo --input-format avro. Yours differs in three places: the brokers, the\n# registry, and the database.",
	"\ninput:\n", "\nregistry: {url: \"${DEMO_REGISTRY}\"}  # it has the schema of the events, events.avsc\ninput:\n",
	"  group: demo\n", "  group: demo\n  format: avro\n",
	"output: {topic: shop-events-enriched}",
	"output: {topic: shop-events-enriched, format: avro, register: true}  # its schema is derived",
)

// The topics of the demo's pipeline file, the database that it has beside it, and the schema of events in Avro.
const (
	inputTopic      = "shop-events"
	outputTopic     = "shop-events-enriched"
	deadLetterTopic = "shop-events-dead"
	shopFile        = "shop.db"
	schemaFile      = "events.avsc"
	schemaSubject   = inputTopic + "-value"
)

func topics() []string { return []string{inputTopic, outputTopic, deadLetterTopic} }

// Files are a demo to run by hand: the pipeline file, the database that it names, and the events.
type Files struct {
	Pipeline string // the pipeline file, for a broker at devbroker.DefaultListen and a registry at devregistry.DefaultListen
	Shop     string // the SQLite database
	Schema   string // the schema of the events; empty if they have none
	Events   string // one event a line, as JSON, without the events that are not JSON
}

// All are the paths of the files.
func (f Files) All() []string {
	all := []string{f.Pipeline, f.Shop}
	if f.Schema != "" {
		all = append(all, f.Schema)
	}
	return append(all, f.Events)
}

// ErrExists says that a file is there already; it is not written over.
var ErrExists = errors.New("it already exists; choose another folder")

// Write writes the demo's pipeline file, its seeded database and n events of a format into a folder, which is made if need be and
// can be moved: the files name each other by relative paths. A file that is there already is an error with ErrExists.
func Write(ctx context.Context, dir string, n int, in pipelinefile.Format) (Files, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return Files{}, fmt.Errorf("write the demo's files: %w", err)
	}
	files := Files{Pipeline: filepath.Join(dir, "pipeline.yaml"), Shop: filepath.Join(dir, shopFile), Events: filepath.Join(dir, "events.ndjson")}
	if in.HasSchema() {
		files.Schema = filepath.Join(dir, schemaFile)
	}
	for _, file := range files.All() {
		if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
			return Files{}, fmt.Errorf("write %s: %w", file, errors.Join(ErrExists, err))
		}
	}
	if err := SeedShop(ctx, files.Shop); err != nil {
		return Files{}, err
	}
	if files.Schema != "" {
		if err := writeSchema(files.Schema); err != nil {
			return Files{}, err
		}
	}
	if err := writeEvents(files.Events, events(n, in)); err != nil {
		return Files{}, fmt.Errorf("write the demo's events: %w", err)
	}
	return files, writePipeline(files.Pipeline, in, devbroker.DefaultListen, "http://"+devregistry.DefaultListen)
}

// Commands are what runs the demo by hand, in order. The broker and the pipeline each take their own terminal.
func (f Files) Commands() []string {
	pipeline, broker := quoted(f.Pipeline), "loaderline broker"
	if f.Schema != "" {
		broker += " --registry " + devregistry.DefaultListen + " --schema " + quoted(schemaSubject+"="+f.Schema)
	}
	return []string{
		broker,
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

func writeSchema(file string) error {
	if err := os.WriteFile(file, eventSchema, 0o600); err != nil {
		return fmt.Errorf("write the schema of the demo's events: %w", err)
	}
	return nil
}

// writePipeline writes the pipeline file for events of a format, a broker and the URL of a registry.
func writePipeline(file string, in pipelinefile.Format, broker, registry string) error {
	text := pipelineFile
	if in.HasSchema() {
		text = inAvro.Replace(text)
	}
	text = strings.NewReplacer("${DEMO_BROKERS}", broker, "${DEMO_REGISTRY}", registry).Replace(text)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return fmt.Errorf("write the demo's pipeline file: %w", err)
	}
	return nil
}

func writeEvents(file string, all []event) (err error) {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriterSize(f, 64<<10)
	for _, e := range all {
		if e.isLine() {
			if _, err := w.Write(append(e.text, '\n')); err != nil {
				return err
			}
		}
	}
	return w.Flush()
}
