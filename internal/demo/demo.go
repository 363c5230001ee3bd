package demo

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/totals"
)

// partitions is how many each topic has.
const partitions = 4

//go:embed pipeline.yaml
var pipelineFile string

// Config says how a demo runs. Zero values are defaults.
type Config struct {
	// Events is the number of events to publish. Defaults to 10,000.
	Events int
	// Timeout bounds the demo. Defaults to 2 minutes.
	Timeout time.Duration
	// Ready is called with the plan before the first event. Optional.
	Ready func(*pipeline.Layout)
	// Progress is called with the number of events whose outcome has been seen. Optional.
	Progress func(settled int)
	// Logger receives the pipeline's log. Defaults to none.
	Logger *slog.Logger
}

// ErrTimeout says that not every event had an outcome in time.
var ErrTimeout = errors.New("the demo took too long")

// Run runs a demo. A Summary with lost or repeated records is no error of Run.
func Run(ctx context.Context, cfg Config) (*Summary, error) {
	if cfg.Events == 0 {
		cfg.Events = 10_000
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 2 * time.Minute
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, cfg.Timeout, fmt.Errorf("%w: not done after %s", ErrTimeout, cfg.Timeout))
	defer cancel()
	summary, err := run(ctx, cfg)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return summary, err
}

func run(ctx context.Context, cfg Config) (_ *Summary, err error) {
	dir, err := os.MkdirTemp("", "loaderline-demo-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the demo: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	broker, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.DefaultNumPartitions(partitions),
		kfake.BrokerConfigs(map[string]string{"group.initial.rebalance.delay.ms": "0"}))
	if err != nil {
		return nil, fmt.Errorf("start the demo's broker: %w", err)
	}
	defer broker.Close()
	shop := filepath.Join(dir, "shop.db")
	if err := SeedShop(ctx, shop); err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "pipeline.yaml")
	if err := writePipeline(file, broker.ListenAddrs(), shop); err != nil {
		return nil, err
	}
	return world{Config: cfg, file: file}.run(ctx)
}

// writePipeline writes the pipeline file for a broker and a database.
func writePipeline(file string, brokers []string, shop string) error {
	// JSON's strings and lists are YAML's too, whatever a path holds.
	brokersJSON, err := json.Marshal(brokers)
	if err != nil {
		return fmt.Errorf("write the demo's pipeline file: %w", err)
	}
	shopJSON, err := json.Marshal(strings.ReplaceAll(shop, "${", "$${"))
	if err != nil {
		return fmt.Errorf("write the demo's pipeline file: %w", err)
	}
	text := strings.NewReplacer("${DEMO_BROKERS}", string(brokersJSON), "${DEMO_SHOP}", string(shopJSON)).Replace(pipelineFile)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return fmt.Errorf("write the demo's pipeline file: %w", err)
	}
	return nil
}

// world is a demo with its broker and database running.
type world struct {
	Config

	file   string
	kafka  consumer.Kafka
	layout *pipeline.Layout
}

// run runs the pipeline until each event has an outcome, and audits what it published.
func (w world) run(ctx context.Context) (*Summary, error) {
	file, err := pipelinefile.Load(w.file)
	if err != nil {
		return nil, err
	}
	if w.layout, err = pipeline.NewLayout(file); err != nil {
		return nil, err
	}
	if w.kafka, err = pipeline.Kafka(file, w.Logger); err != nil {
		return nil, err
	}
	var topics []consumer.TopicSpec
	for _, name := range []string{file.Input.Topics[0], file.Output.Topic, file.DeadLetter.Topic} {
		topics = append(topics, consumer.TopicSpec{Name: name, Partitions: partitions})
	}
	if err := consumer.CreateTopics(ctx, w.kafka, topics...); err != nil {
		return nil, err
	}
	if w.Ready != nil {
		w.Ready(w.layout)
	}
	var counts totals.Totals
	start := time.Now()
	published, settled, err := w.enrich(ctx, &counts)
	if err != nil {
		return nil, err
	}
	a, err := w.audit(ctx, published)
	if err != nil {
		return nil, err
	}
	return summarize(a, counts.Count(), settled.Sub(start)), nil
}

// enrich publishes the events and runs the pipeline until all outcomes are visible. It answers what was published and
// when the last outcome was seen.
func (w world) enrich(ctx context.Context, counts *totals.Totals) (published map[coordinates]string, settled time.Time, err error) {
	open, err := pipeline.Open(ctx, w.layout, w.Logger)
	if err != nil {
		return nil, settled, err
	}
	defer func() { err = errors.Join(err, open.Close()) }()
	open.Config.OnCommit = counts.Add
	line, err := loaderline.New(open.Config)
	if err != nil {
		return nil, settled, err
	}
	together, ctx := errgroup.WithContext(ctx)
	running, stop := context.WithCancel(ctx)
	defer stop()
	together.Go(func() error { return line.Run(running) })
	together.Go(func() (err error) {
		published, err = w.publish(ctx)
		return err
	})
	together.Go(func() error {
		defer stop()
		if err := w.await(running); err != nil {
			return err
		}
		settled = time.Now()
		return context.Cause(ctx)
	})
	return published, settled, together.Wait()
}

// publish publishes the events, and answers where each of them is and the kind of dead letter it has to become.
func (w world) publish(ctx context.Context) (map[coordinates]string, error) {
	opts, err := w.kafka.Options()
	if err != nil {
		return nil, err
	}
	client, err := kgo.NewClient(append(opts, kgo.DefaultProduceTopic(w.layout.File.Input.Topics[0]))...)
	if err != nil {
		return nil, fmt.Errorf("publish the events: %w", err)
	}
	defer client.Close()
	all := events(w.Events)
	records := make([]*kgo.Record, len(all))
	for i, e := range all {
		records[i] = e.record
	}
	if err := client.ProduceSync(ctx, records...).FirstErr(); err != nil {
		return nil, fmt.Errorf("publish the events: %w", err)
	}
	published := make(map[coordinates]string, len(all))
	for _, e := range all {
		published[coordinates{e.record.Partition, e.record.Offset}] = e.kind
	}
	return published, nil
}
