package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/loaderline/loaderline/internal/devbroker"
	"github.com/loaderline/loaderline/internal/devregistry"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/runtime"
)

// partitions is how many each topic has.
const partitions = 4

// Config says how a demo runs. Zero values are defaults.
type Config struct {
	// Events is the number of events to publish. Defaults to 10,000.
	Events int
	// InputFormat is the format of the events, pipelinefile.FormatJSON or FormatAvro. With Avro the enriched records are Avro too, and their
	// schemas are in a registry in this process. Defaults to FormatJSON.
	InputFormat pipelinefile.Format
	// Command is the command line that the demo was started with, without flags. Defaults to loaderline demo.
	Command string
	// Timeout bounds the demo up to its summary. Defaults to 2 minutes.
	Timeout time.Duration
	// Ready is called with the plan and where to look before the first event. Optional.
	Ready func(*pipeline.Layout, Place)
	// Progress is called with the number of events whose outcome has been seen. Optional.
	Progress func(settled int)
	// Stay keeps the demo up after a summary without failures: it is called with the summary and where to look, and
	// then the pipeline continues until the context of Run ends. Optional: without it Run returns.
	Stay func(*Summary, Place)
	// Logger receives the pipeline's log. Defaults to none.
	Logger *slog.Logger
}

// Place is where a running demo can be looked at.
type Place struct {
	Broker   string // host:port
	Registry string // the URL of the schema registry; empty if there is none
	HTTP     string // host:port of /metrics, /healthz and /readyz
	Pipeline string // the pipeline file, for as long as the demo runs
}

// Commands are what to look around with, in another terminal.
func (p Place) Commands() []string {
	pipeline := quoted(p.Pipeline)
	commands := []string{
		"loaderline consume " + pipeline + " -n 3",
		"loaderline consume " + pipeline + " --dead-letters --format json -n 3",
		`echo '{"event_id":"mine","user_id":7}' | loaderline publish ` + pipeline,
		"loaderline consume " + pipeline + " --from -1m",
		"curl -s http://" + p.HTTP + "/metrics | grep loaderline_stage_keys_total",
	}
	if p.Registry != "" {
		commands = append(commands, "curl -s "+p.Registry+"/subjects/"+outputTopic+"-value/versions/latest")
	}
	return commands
}

// ErrTimeout says that not every event had an outcome in time.
var ErrTimeout = errors.New("the demo took too long")

// Run runs a demo. A Summary with lost or repeated records is no error of Run.
func Run(ctx context.Context, cfg Config) (*Summary, error) {
	if cfg.Events == 0 {
		cfg.Events = 10_000
	}
	if cfg.InputFormat == "" {
		cfg.InputFormat = pipelinefile.FormatJSON
	}
	if cfg.Command == "" {
		cfg.Command = "loaderline demo"
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 2 * time.Minute
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return run(ctx, cfg)
}

func run(ctx context.Context, cfg Config) (_ *Summary, err error) {
	dir, err := os.MkdirTemp("", "loaderline-demo-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the demo: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	broker, err := devbroker.Start(ctx, devbroker.Config{Listen: "127.0.0.1:0", Topics: topics(), Partitions: partitions})
	if err != nil {
		return nil, fmt.Errorf("start the demo's broker: %w", err)
	}
	defer func() { err = errors.Join(err, broker.Close()) }()
	if err := SeedShop(ctx, filepath.Join(dir, shopFile)); err != nil {
		return nil, err
	}
	place := Place{Broker: broker.Addr(), Pipeline: filepath.Join(dir, "pipeline.yaml")}
	if cfg.InputFormat.HasSchema() {
		registry, startErr := devregistry.Start(ctx, "127.0.0.1:0")
		if startErr != nil {
			return nil, fmt.Errorf("start the demo's schema registry: %w", startErr)
		}
		defer func() { err = errors.Join(err, registry.Close()) }()
		if err := writeSchema(filepath.Join(dir, schemaFile)); err != nil {
			return nil, err
		}
		if err := registry.RegisterFile(ctx, schemaSubject, filepath.Join(dir, schemaFile)); err != nil {
			return nil, err
		}
		place.Registry = registry.URL()
	}
	if err := writePipeline(place.Pipeline, cfg.InputFormat, place.Broker, place.Registry); err != nil {
		return nil, err
	}
	w, err := newWorld(cfg, place.Pipeline)
	if err != nil {
		return nil, err
	}
	w.seen, err = runtime.Start(ctx, runtime.Config{File: w.layout.File, Kafka: w.kafka, Instance: "demo", Listen: "127.0.0.1:0", Logger: cfg.Logger})
	if err != nil {
		return nil, fmt.Errorf("start the demo's HTTP server: %w", err)
	}
	defer func() { err = errors.Join(err, w.seen.Close()) }()
	place.HTTP = w.seen.Addr()
	if cfg.Ready != nil {
		cfg.Ready(w.layout, place)
	}
	summary, err := w.bounded(ctx)
	if err != nil || cfg.Stay == nil || summary.Failure() != nil {
		return summary, err
	}
	cfg.Stay(summary, place)
	return summary, w.goOn(ctx)
}
