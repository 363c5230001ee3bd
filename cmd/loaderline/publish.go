package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"
	"github.com/spf13/cobra"

	"github.com/loaderline/loaderline/internal/cli"
	"github.com/loaderline/loaderline/internal/console"
	"github.com/loaderline/loaderline/internal/format/schemaid"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/plural"
	"github.com/loaderline/loaderline/internal/publish"
)

// refusedShown is how many of the lines that cannot be published are shown.
const refusedShown = 10

// publishFlags are the flags of publish.
type publishFlags struct {
	key, topic string
	message    string
	rate       float64
}

func newPublish(c *console.Console) *cobra.Command {
	var f publishFlags
	cmd := &cobra.Command{
		Use:   "publish PIPELINE [EVENTS|-]",
		Short: "Publish lines of JSON to the input topic",
		Long: `Publish the lines of a file, or of stdin, to the pipeline's first input topic. Each line becomes the value of
a record, byte for byte. Empty lines are skipped. With --key, a value of the event becomes the record's key, so that
events of one key stay in order; if that value is null, the record has no key. A line that lacks the key, or is too
large for the topic, is reported with its number. The others are published, and the exit code is 1.

If input.format is avro, protobuf or json_schema, each line is encoded by input.schema, or by the latest schema of the
subject TOPIC-value in the registry. Keys are encoded by input.key_format, with the subject TOPIC-key. A line that the
schema does not take is reported with its number and the field.`,
		Example: `  loaderline publish pipeline.yaml events.ndjson --key user_id
  echo '{"user_id":7}' | loaderline publish pipeline.yaml
  loaderline publish pipeline.yaml events.ndjson --rate 500
  loaderline publish orders.yaml orders.ndjson --message shop.Order`,
		Args: onePipeline(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.rate < 0 || cmd.Flags().Changed("rate") && f.rate == 0 {
				return cli.Usagef("--rate is %v; write the events a second, such as 500", f.rate)
			}
			events := "-"
			if len(args) > 1 {
				events = args[1]
			}
			return publishEvents(cmd.Context(), c, args[0], events, cmd.InOrStdin(), f)
		},
	}
	cmd.Flags().StringVar(&f.key, "key", "", "`path` of the value that becomes the record's key, such as user_id")
	cmd.Flags().StringVar(&f.topic, "topic", "", "`topic` to publish to, instead of the first input topic")
	cmd.Flags().StringVar(&f.message, "message", "", messageUsage)
	cmd.Flags().Float64Var(&f.rate, "rate", 0, "most `events` per second")
	return cmd
}

func publishEvents(ctx context.Context, c *console.Console, path, events string, in io.Reader, f publishFlags) error {
	l, err := load(path, quietly(c))
	if err != nil {
		return err
	}
	cfg, err := f.config(l)
	if err != nil {
		return err
	}
	var size int64
	if events != "-" {
		file, err := os.Open(events)
		if err != nil {
			return cli.AsUsage(fmt.Errorf("read the events: %w", err))
		}
		defer func() { _ = file.Close() }()
		in, size = file, regularSize(file)
	}
	if err := l.awaitKafka(ctx, l.inWords(c), cfg.Topic); err != nil {
		return err
	}
	if err := f.encode(ctx, l, &cfg); err != nil {
		return unlessEnded(ctx, err)
	}
	if typed(c, in) {
		c.Say("waiting for events for %s, one line of JSON each; end with Ctrl-D", cfg.Topic)
	}
	progress := c.Progress("published", size)
	defer progress.Done()
	cfg.Progress = progress.Update
	refused := 0
	cfg.Refused = func(e *publish.LineError) {
		if refused++; refused <= refusedShown {
			progress.Line("loaderline: " + e.Error())
		}
	}
	start := time.Now()
	n, err := publish.Publish(ctx, cfg, in)
	progress.Done()
	if n > 0 || err == nil {
		took := time.Since(start)
		c.Say("published %s to %s in %s, %s events/s", plural.Count(n, "event"), cfg.Topic, took.Round(time.Millisecond), humanize.Comma(console.Rate(n, took)))
	}
	if cfg.Key != nil && cfg.Key.Nulls() > 0 {
		c.Say("%s %s null at %s, and went out without a key", plural.Count(cfg.Key.Nulls(), "event"), english.PluralWord(cfg.Key.Nulls(), "has", "have"), cfg.Key)
	}
	if err != nil && cli.ExitCode(err) != cli.ExitFailed {
		return l.hinted(err)
	}
	return notPublished(err, n, refused)
}

// config is what the pipeline and the flags say of where events go and how.
func (f publishFlags) config(l *loaded) (publish.Config, error) {
	cfg := publish.Config{Kafka: l.kafka, Topic: l.layout.File.Input.Topics[0], Rate: f.rate}
	if f.topic != "" {
		cfg.Topic = f.topic
	}
	if f.key != "" {
		key, err := publish.ParseKey(f.key)
		if err != nil {
			return cfg, cli.AsUsage(fmt.Errorf("--key: %w", err))
		}
		cfg.Key = key
	}
	return cfg, nil
}

// messageUsage describes the flag that names a message.
const messageUsage = "Protobuf `message` of the events, if their schema in the registry has several"

// encode lets events with a schema be encoded by it.
func (f publishFlags) encode(ctx context.Context, l *loaded, cfg *publish.Config) error {
	file := l.layout.File
	client, err := pipeline.OpenRegistry(file, l.certificates)
	if err != nil {
		return err
	}
	if client != nil {
		defer client.Close()
	}
	values, err := pipeline.Encoder(ctx, file, client, pipeline.EncoderConfig{Part: schemaid.Value, Topic: cfg.Topic, Message: f.message, Published: true})
	if err != nil {
		return err
	}
	if values != nil {
		cfg.Encode = values.Encode
	} else if f.message != "" {
		return cli.Usagef("--message is for format: protobuf, and input.format is %s", file.Input.Format)
	}
	if cfg.Key == nil {
		return nil
	}
	keys, err := pipeline.Encoder(ctx, file, client, pipeline.EncoderConfig{Part: schemaid.Key, Topic: cfg.Topic, Published: true})
	switch {
	case err != nil:
		return err
	case keys != nil:
		cfg.Key.Encode = keys.Encode
	case file.Input.KeyFormat == pipelinefile.FormatJSON:
		cfg.Key.Encode = func(json []byte) ([]byte, error) { return slices.Clone(json), nil }
	}
	return nil
}

// regularSize is the size of a regular file, and 0 of any other.
func regularSize(file *os.File) int64 {
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return 0
	}
	return info.Size()
}

// notPublished is the error of a command that failed after n events, or that refused lines.
func notPublished(err error, n int64, refused int) error {
	switch {
	case err != nil:
		return fmt.Errorf("%w; %s %s published before it", err, plural.Count(n, "event"), english.PluralWord(int(n), "was", "were"))
	case refused > refusedShown:
		return fmt.Errorf("%s were not published; the first %d are above", plural.Count(refused, "line"), refusedShown)
	case refused > 0:
		return fmt.Errorf("%s %s not published", plural.Count(refused, "line"), english.PluralWord(refused, "was", "were"))
	default:
		return nil
	}
}
