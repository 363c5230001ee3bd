package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/term"

	"github.com/loaderline/loaderline/internal/cli"
	"github.com/loaderline/loaderline/internal/command/try"
	"github.com/loaderline/loaderline/internal/console"
	"github.com/loaderline/loaderline/internal/kafkaadmin"
	"github.com/loaderline/loaderline/internal/loaderr"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/plural"
	"github.com/loaderline/loaderline/internal/publish"
)

// tryFlags are the flags of try.
type tryFlags struct {
	record  recordFlags
	message string
	format  cli.Choice
}

func newTry(c *console.Console) *cobra.Command {
	f := tryFlags{format: cli.Choice{Value: "text", Of: []string{"text", "json"}}}
	cmd := &cobra.Command{
		Use:   "try PIPELINE [EVENT|-]",
		Short: "Send an event through the stages and see what each stage does",
		Long: `Send one event through the pipeline's sources, as run would but without Kafka: nothing is consumed or
published. The enriched record goes to stdout. The outcome and the stages go to stderr: for each stage the origin of
its rows (memory, source, or shared if another stage loaded them), the number of keys, rows and calls, and when it
ran.

EVENT is the event itself, a JSON object. Without it, or with -, events are read from stdin, one per line. They are
tried one after the other with one cache, so that a later event finds the rows of an earlier one.

If input.format is avro, protobuf or json_schema, EVENT is JSON all the same: it is encoded by input.schema, or by the
latest schema of the subject TOPIC-value in the registry, and goes on as a record of Kafka would. So does --key by
input.key_format. The enriched record is shown as JSON, whatever output.format is, and no schema is registered.

--key, --header, --timestamp and --topic set the rest of the Kafka record, of every event. The enriched record has the
headers too, in their order.

Exit codes: 0 enriched, 1 an event would be dead-lettered, filtered or dropped, 2 wrong usage or a wrong file, 3 a
source does not answer.`,
		Example: `  loaderline try pipeline.yaml '{"user_id":7}'
  loaderline try pipeline.yaml < events.ndjson
  loaderline try pipeline.yaml '{"user_id":7}' --key 7 --header tenant=acme
  loaderline try pipeline.yaml '{"user_id":7}' --format json`,
		Args: onePipeline(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			events, err := eventsOf(cmd.Context(), cmd.InOrStdin(), args)
			if err != nil {
				return err
			}
			return tryEvents(cmd.Context(), c, args[0], f.record.record(cmd.Flags()), events, f)
		},
	}
	f.record.register(cmd.Flags())
	cmd.Flags().StringVar(&f.message, "message", "", messageUsage)
	cmd.Flags().Var(&f.format, "format", "output format: json is one object per event")
	return cmd
}

// eventsOf is the event of the command line, or those of stdin.
func eventsOf(ctx context.Context, in io.Reader, args []string) (iter.Seq2[[]byte, error], error) {
	if len(args) > 1 && args[1] != "-" {
		if info, err := os.Stat(args[1]); err == nil && info.Mode().IsRegular() {
			return nil, cli.Usagef("%s is a file, and EVENT is the event itself; write loaderline try %s < %s", args[1], args[0], args[1])
		}
		return func(yield func([]byte, error) bool) { yield([]byte(args[1]), nil) }, nil
	}
	if file, ok := in.(*os.File); ok && len(args) == 1 && term.IsTerminal(int(file.Fd())) {
		return nil, cli.Usagef(`which event? as in loaderline try %s '{"user_id":7}', or - to type events here`, args[0])
	}
	return publish.Lines(ctx, in, kafkaadmin.DefaultMaxMessageBytes), nil
}

// tryEvents tries each event as the value of a record.
func tryEvents(ctx context.Context, c *console.Console, path string, record kgo.Record, events iter.Seq2[[]byte, error], f tryFlags) (err error) {
	l, err := load(path, quietly(c))
	if err != nil {
		return err
	}
	if record.Topic, err = inputTopic(l.layout.File.Input.Topics, record.Topic); err != nil {
		return err
	}
	open, err := pipeline.Open(ctx, l.layout, pipeline.Options{Logger: l.log, ReadBackOutputs: true})
	if err != nil {
		return unlessEnded(ctx, err)
	}
	defer func() { err = errors.Join(err, open.Close()) }()
	encode, err := l.encodeTrial(ctx, &record, f.message)
	if err != nil {
		return unlessEnded(ctx, err)
	}
	t, err := try.New(open)
	if err != nil {
		return err
	}
	tried, unenriched := 0, 0
	for event, err := range events {
		if err != nil {
			return err
		}
		if record.Value, err = encode(event); err != nil {
			return fmt.Errorf("event %d cannot be encoded by its schema: %w", tried+1, err)
		}
		report, err := t.Event(ctx, record)
		if err != nil {
			return unlessEnded(ctx, unanswered(err))
		}
		if err := showTrial(c, report, f.format.Value == "json"); err != nil {
			return err
		}
		tried++
		if report.Outcome != try.Enriched {
			unenriched++
		}
	}
	switch {
	case ctx.Err() != nil:
		return nil
	case tried == 0:
		return cli.Usagef("there is no event on stdin; write one JSON object a line")
	case unenriched == 1 && tried == 1:
		return errors.New("the event would not be enriched")
	case unenriched > 0:
		return fmt.Errorf("%d of %s would not be enriched", unenriched, plural.Count(tried, "event"))
	}
	return nil
}

// unanswered is the error of a source that has gone since it was reached at start.
func unanswered(err error) error {
	if outage, ok := errors.AsType[*loaderr.OutageError](err); ok {
		return &pipeline.UnreachableError{Source: outage.Source, Err: outage.Err}
	}
	return err
}

// showTrial writes the record before the words, so that these are what a terminal shows last.
func showTrial(c *console.Console, r *try.Report, asJSON bool) error {
	if asJSON {
		return console.NewEncoder(c.Out).Encode(r)
	}
	for _, value := range r.Values() {
		if value == nil {
			continue // a tombstone
		}
		if _, err := fmt.Fprintf(c.Out, "%s\n", pretty(c, value)); err != nil {
			return err
		}
	}
	c.Say("%s", r.Waterfall(c.ErrPalette()))
	return nil
}

// pretty is a value as a terminal shows it best, and as it is elsewhere.
func pretty(c *console.Console, value jsontext.Value) []byte {
	if !c.OutTerminal {
		return value
	}
	indented := value.Clone()
	if err := indented.Indent(jsontext.WithIndent("  ")); err != nil {
		return value // Encode made it, so that this does not happen.
	}
	return indented
}
