package main

import (
	"bufio"
	"context"
	"errors"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/cli"
	"github.com/loaderline/loaderline/internal/console"
	"github.com/loaderline/loaderline/internal/offsetexpr"
	"github.com/loaderline/loaderline/internal/strictyaml"
	"github.com/loaderline/loaderline/internal/topicread"
)

// consumeFlags are the flags of consume.
type consumeFlags struct {
	topic       string
	deadLetters bool
	from, to    offsetexpr.Position
	limit       int
	format      cli.Choice
	raw         bool
}

func newConsume(c *console.Console) *cobra.Command {
	f := consumeFlags{format: cli.Choice{Value: string(topicread.FormatValue), Of: []string{string(topicread.FormatValue), string(topicread.FormatJSON)}}}
	cmd := &cobra.Command{
		Use:   "consume PIPELINE",
		Short: "Print the enriched records, or another topic's",
		Long: `Print the committed records of the pipeline's output topics, from the earliest on, and follow the topics until
--to, --limit or SIGINT. Records of several topics are printed as they come. It joins no consumer group, so it does not affect other consumers.

Positions: earliest, latest, 1000 (that offset in every partition), 3:1000 (partition:offset, and that partition
alone), @1764000000000 (milliseconds since 1970), 2026-11-24T08:00:00Z, -2h (two hours ago), -7d. --to is exclusive.

Values are printed byte for byte, and values that have a schema as JSON. What cannot be decoded by its schema is printed
as it is, and the first reason goes to stderr. --raw decodes nothing, and needs no registry. On a terminal, control
characters and bytes that are not UTF-8 are printed as their codes, such as \x1b.

--format json prints topic, partition, offset, timestamp, key, value and headers. Keys and values that have a schema
are the text of their JSON, with its ID in key_schema_id and value_schema_id. What is not UTF-8 is base64 in key_base64
and value_base64.`,
		Example: `  loaderline consume pipeline.yaml -n 10
  loaderline consume pipeline.yaml --dead-letters --to latest --format json
  loaderline consume pipeline.yaml --from -2h --to latest
  loaderline consume pipeline.yaml --topic user-events --from 3:1000
  loaderline consume pipeline.yaml --topic user-events --raw -n 1 | xxd`,
		Args: onePipeline(0),
		RunE: func(cmd *cobra.Command, args []string) error {
			var to *offsetexpr.Position
			if cmd.Flags().Changed("to") {
				to = &f.to
			}
			if f.limit < 0 || cmd.Flags().Changed("limit") && f.limit == 0 {
				return cli.Usagef("--limit is %d; write how many records to print", f.limit)
			}
			return consume(cmd.Context(), c, args[0], f, to)
		},
	}
	cmd.Flags().StringVar(&f.topic, "topic", "", "`topic` to read, instead of the output")
	cmd.Flags().BoolVar(&f.deadLetters, "dead-letters", false, "read the dead letters instead of the output")
	cmd.Flags().Var(&f.from, "from", "position to begin at")
	cmd.Flags().Var(&f.to, "to", "position to end before; without it, follow the topic")
	cmd.Flags().Lookup("to").DefValue = ""
	cmd.Flags().IntVarP(&f.limit, "limit", "n", 0, "number of `records` to end after")
	cmd.Flags().Var(&f.format, "format", "how to print a record")
	cmd.Flags().BoolVar(&f.raw, "raw", false, rawUsage)
	cmd.MarkFlagsMutuallyExclusive("topic", "dead-letters")
	return cmd
}

func consume(ctx context.Context, c *console.Console, path string, f consumeFlags, to *offsetexpr.Position) error {
	l, err := load(path, quietly(c))
	if err != nil {
		return err
	}
	topics := l.layout.File.OutputTopics()
	switch {
	case f.topic != "":
		topics = []string{f.topic}
	case f.deadLetters:
		topics = []string{l.layout.File.DeadLetter.Topic}
	}
	if err := l.awaitKafka(ctx, l.inWords(c), topics...); err != nil {
		return unlessEnded(ctx, err)
	}
	decode, end, err := l.decoded(c, f.raw)
	if err != nil {
		return err
	}
	defer end()
	out := bufio.NewWriterSize(c.Out, 64<<10)
	format := topicread.Format(f.format.Value)
	var line []byte
	cfg := topicread.Config{Kafka: l.kafka, Topics: topics, From: f.from, To: to, Limit: f.limit, Idle: out.Flush}
	if c.Terminal {
		cfg.Waiting = func() { c.Say("waiting for new records in %s; end with Ctrl-C", strictyaml.JoinWords(topics, "and")) }
	}
	err = topicread.Read(ctx, cfg, func(r *kgo.Record) error {
		decoded, err := decode(ctx, r)
		if err != nil {
			return unlessEnded(ctx, err)
		}
		if line, err = format.Append(line[:0], r, decoded); err != nil {
			return err
		}
		_, err = out.Write(line)
		return err
	})
	return l.hinted(errors.Join(err, out.Flush()))
}
