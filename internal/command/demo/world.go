package demo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/format/schemaid"
	"github.com/loaderline/loaderline/internal/jsonenrich"
	"github.com/loaderline/loaderline/internal/kafkaadmin"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/runtime"
)

// world is a demo whose broker and database are there.
type world struct {
	Config

	kafka  consumer.Kafka
	layout *pipeline.Layout
	seen   *runtime.Run
}

func newWorld(cfg Config, path string) (world, error) {
	w := world{Config: cfg}
	file, err := pipelinefile.Load(path)
	if err != nil {
		return w, err
	}
	if w.layout, err = pipeline.NewLayout(file); err != nil {
		return w, err
	}
	w.kafka, err = pipeline.Kafka(file, w.Logger, nil)
	return w, err
}

// bounded runs the pipeline until each event has an outcome, and audits what it published, within the timeout.
func (w world) bounded(ctx context.Context) (*Summary, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, w.Timeout, fmt.Errorf("%w: not done after %s", ErrTimeout, w.Timeout))
	defer cancel()
	summary, err := w.run(ctx)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return summary, err
}

func (w world) run(ctx context.Context) (*Summary, error) {
	var counts runtime.Totals
	start := time.Now()
	published, settled, err := w.enrich(ctx, &counts)
	if err != nil {
		return nil, err
	}
	a, err := w.audit(ctx, published)
	if err != nil {
		return nil, err
	}
	return w.summarize(a, counts.Count(), settled.Sub(start)), nil
}

// open makes the pipeline, which counts what it commits.
func (w world) open(ctx context.Context, counts *runtime.Totals) (*pipeline.Pipeline, *loaderline.Pipeline[jsonenrich.Document], error) {
	open, err := pipeline.Open(ctx, w.layout, pipeline.Options{Logger: w.Logger, OnCall: w.seen.Call, Reuse: true})
	if err != nil {
		return nil, nil, err
	}
	w.seen.Opened(w.layout, open)
	open.Config.OnCommit = func(tally loaderline.Tally) {
		counts.Add(tally)
		w.seen.Commit(tally)
	}
	line, err := loaderline.New(open.Config)
	if err != nil {
		return nil, nil, errors.Join(err, open.Close())
	}
	w.seen.Running(line)
	return open, line, nil
}

// enrich publishes the events and runs the pipeline until all outcomes are visible. It returns what was published and
// when the last outcome was seen.
func (w world) enrich(ctx context.Context, counts *runtime.Totals) (published map[coordinates]string, settled time.Time, err error) {
	open, line, err := w.open(ctx, counts)
	if err != nil {
		return nil, settled, err
	}
	defer func() { err = errors.Join(err, open.Close()) }()
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

// goOn runs the pipeline from where it was until ctx ends.
func (w world) goOn(ctx context.Context) (err error) {
	open, line, err := w.open(ctx, &runtime.Totals{})
	if err != nil {
		if ctx.Err() != nil {
			return nil // It was ended before it began.
		}
		return err
	}
	defer func() { err = errors.Join(err, open.Close()) }()
	defer context.AfterFunc(ctx, w.seen.Drain)()
	return line.Run(ctx)
}

// publish publishes the events. It returns where each of them is and the kind of dead letter that it has to become.
func (w world) publish(ctx context.Context) (map[coordinates]string, error) {
	client, err := kafkaadmin.NewClient(w.kafka, kgo.DefaultProduceTopic(inputTopic))
	if err != nil {
		return nil, err
	}
	defer client.Close()
	encode, err := w.encoder(ctx)
	if err != nil {
		return nil, err
	}
	all := events(w.Events, w.InputFormat)
	records := make([]*kgo.Record, len(all))
	for i, e := range all {
		if records[i], err = e.record(encode); err != nil {
			return nil, err
		}
	}
	if err := client.ProduceSync(ctx, records...).FirstErr(); err != nil {
		return nil, fmt.Errorf("publish the events: %w", err)
	}
	published := make(map[coordinates]string, len(all))
	for i, r := range records {
		published[coordinates{r.Partition, r.Offset}] = all[i].kind
	}
	return published, nil
}

// encoder returns what makes values of JSON, by the schema in the registry if the events have one.
func (w world) encoder(ctx context.Context) (func([]byte) ([]byte, error), error) {
	client, err := pipeline.OpenRegistry(w.layout.File, nil)
	if err != nil {
		return nil, err
	}
	if client == nil {
		return func(text []byte) ([]byte, error) { return text, nil }, nil
	}
	defer client.Close()
	values, err := pipeline.Encoder(ctx, w.layout.File, client, pipeline.EncoderConfig{Part: schemaid.Value, Topic: inputTopic, Published: true})
	if err != nil {
		return nil, err
	}
	return values.Encode, nil
}
