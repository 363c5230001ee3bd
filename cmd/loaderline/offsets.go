package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/cli"
	"github.com/loaderline/loaderline/internal/command/offsets"
	"github.com/loaderline/loaderline/internal/console"
	"github.com/loaderline/loaderline/internal/kafkaadmin"
	"github.com/loaderline/loaderline/internal/offsetexpr"
	"github.com/loaderline/loaderline/internal/plural"
)

func newOffsets(c *console.Console) *cobra.Command {
	cmd := &cobra.Command{
		Use:                        "offsets",
		Short:                      "Show or set the offsets of a pipeline's group",
		Example:                    `  loaderline offsets show pipeline.yaml`,
		SuggestionsMinimumDistance: 2,
		Args:                       noSuchCommand,
		RunE:                       func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newOffsetsShow(c), newOffsetsSet(c), newOffsetsAccept(c))
	return cmd
}

func textOrJSON() cli.Choice { return cli.Choice{Value: "text", Of: []string{"text", "json"}} }

func newOffsetsShow(c *console.Console) *cobra.Command {
	format := textOrJSON()
	cmd := &cobra.Command{
		Use:   "show PIPELINE",
		Short: "Show where the group is in each partition",
		Long: `Show for each partition of the input and retry topics the committed offset of the pipeline's group, the end of
the partition, the number of offsets between them (including transaction markers), and the time of the next record.`,
		Example: `  loaderline offsets show pipeline.yaml
  loaderline offsets show pipeline.yaml --format json`,
		Args: onePipeline(0),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			l, err := load(args[0], quietly(c))
			if err != nil {
				return err
			}
			if err := l.awaitKafka(ctx, l.inWords(c), l.layout.File.Consumed()...); err != nil {
				return unlessEnded(ctx, err)
			}
			rows, err := offsets.Show(ctx, l.kafka, l.layout.File.Input.Group, l.layout.File.Consumed())
			if err != nil {
				return unlessEnded(ctx, err)
			}
			return writeOffsets(c, rows, format.Value)
		},
	}
	cmd.Flags().Var(&format, "format", "how to write them: json is one object per partition")
	return cmd
}

// writeObjects writes JSON, an object a line.
func writeObjects[T any](to io.Writer, all []T) error {
	e := console.NewEncoder(to)
	for _, one := range all {
		if err := e.Encode(one); err != nil {
			return err
		}
	}
	return nil
}

// writeOffsets writes a table, or an object each.
func writeOffsets(c *console.Console, rows []offsets.Row, format string) error {
	if format == "json" {
		return writeObjects(c.Out, rows)
	}
	table := [][]string{{"TOPIC", "PARTITION", "COMMITTED", "END", "LAG", "NEXT RECORD"}}
	for _, row := range rows {
		committed, next := "-", "-"
		if row.Committed != nil {
			committed = strconv.FormatInt(*row.Committed, 10)
		}
		if row.Next != nil {
			next = row.Next.UTC().Format(time.RFC3339)
		}
		table = append(table, []string{
			row.Topic, strconv.Itoa(int(row.Partition)), committed, strconv.FormatInt(row.End, 10), humanize.Comma(row.Lag), next,
		})
	}
	_, err := io.WriteString(c.Out, console.Table(table, c.OutWidth()))
	return err
}

// setFlags are the flags of offsets set.
type setFlags struct {
	to          offsetexpr.Position
	topic       string
	partition   int32
	dryRun, yes bool
	format      cli.Choice
}

func newOffsetsSet(c *console.Console) *cobra.Command {
	f := setFlags{format: textOrJSON()}
	cmd := &cobra.Command{
		Use:   "set PIPELINE",
		Short: "Set where the group continues",
		Long: `Set the offsets of the pipeline's group, so that the pipeline continues there when it starts. It must not be
running: if the group has members, the command names them and changes nothing. Moving back publishes records again; to
do that while the pipeline runs, see loaderline replay.

Positions: earliest, latest, 1000 (that offset in every partition), 3:1000 (partition:offset, and that partition
alone), @1764000000000 (milliseconds since 1970), 2026-11-24T08:00:00Z, -2h (two hours ago), -7d.`,
		Example: `  loaderline offsets set pipeline.yaml --to -2h --dry-run
  loaderline offsets set pipeline.yaml --to 3:1000
  loaderline offsets set pipeline.yaml --to latest --partition 3 --yes`,
		Args: onePipeline(0),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !cmd.Flags().Changed("to") {
				return cli.Usagef("set them to what? add --to, such as --to earliest or --to 3:1000")
			}
			var partition *int32
			if cmd.Flags().Changed("partition") {
				partition = &f.partition
			}
			return setOffsets(cmd.Context(), c, args[0], cmd.InOrStdin(), f, partition)
		},
	}
	cmd.Flags().Var(&f.to, "to", "position to continue at")
	cmd.Flags().Lookup("to").DefValue = ""
	cmd.Flags().StringVar(&f.topic, "topic", "", "`topic` to set, if there are several input topics")
	cmd.Flags().Int32Var(&f.partition, "partition", 0, "one `partition` (default all)")
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "show what would be set, and set nothing")
	cmd.Flags().BoolVar(&f.yes, "yes", false, "do not ask")
	cmd.Flags().Var(&f.format, "format", "how to write the offsets: json is one object per partition")
	return cmd
}

func setOffsets(ctx context.Context, c *console.Console, path string, in io.Reader, f setFlags, partition *int32) error {
	l, err := load(path, quietly(c))
	if err != nil {
		return err
	}
	topics, err := inputTopics(l, f.topic)
	if err != nil {
		return err
	}
	group := l.layout.File.Input.Group
	if err := l.awaitKafka(ctx, l.inWords(c), topics...); err != nil {
		return unlessEnded(ctx, err)
	}
	moves, err := offsets.Plan(ctx, l.kafka, group, topics, f.to, partition)
	if err != nil {
		return unlessEnded(ctx, err)
	}
	if err := writeMoves(c, moves, f.format.Value); err != nil || f.dryRun {
		return err
	}
	if !f.yes {
		if sure, err := confirm(c, in, fmt.Sprintf("Set %s of group %s?", plural.Count(len(moves), "offset"), group)); err != nil || !sure {
			return err
		}
	}
	to := map[string]map[int32]kafkaadmin.CommittedOffset{}
	for _, m := range moves {
		if to[m.Topic] == nil {
			to[m.Topic] = map[int32]kafkaadmin.CommittedOffset{}
		}
		to[m.Topic][m.Partition] = kafkaadmin.CommittedOffset{At: m.To}
	}
	if err := kafkaadmin.SetOffsets(ctx, l.kafka, group, to); err != nil {
		return err
	}
	if partition == nil && f.to.Kind != offsetexpr.Partitions {
		// Every offset is one of the topics as they are now.
		if err := loaderline.AcceptTopics(ctx, l.kafka, group, topics...); err != nil {
			return err
		}
	}
	c.Say("set %s of group %s", plural.Count(len(moves), "offset"), group)
	return nil
}

// writeMoves writes a table, or an object each.
func writeMoves(c *console.Console, moves []offsets.Move, format string) error {
	if format == "json" {
		return writeObjects(c.Out, moves)
	}
	table := [][]string{{"TOPIC", "PARTITION", "COMMITTED", "TO", "RECORDS"}}
	for _, m := range moves {
		committed, note := "-", "-"
		if m.From != nil {
			committed = strconv.FormatInt(*m.From, 10)
			switch by := m.To - *m.From; {
			case by < 0:
				note = humanize.Comma(-by) + " again"
			case by > 0:
				note = humanize.Comma(by) + " left out"
			}
		}
		table = append(table, []string{m.Topic, strconv.Itoa(int(m.Partition)), committed, strconv.FormatInt(m.To, 10), note})
	}
	_, err := io.WriteString(c.Out, console.Table(table, c.OutWidth()))
	return err
}

// inputTopics are those of the input, or the one that is named.
func inputTopics(l *loaded, topic string) ([]string, error) {
	all := l.layout.File.Input.Topics
	switch {
	case topic == "":
		return all, nil
	case !slices.Contains(all, topic):
		return nil, cli.Usagef("--topic %s is not an input topic of the pipeline; it has %v", topic, all)
	default:
		return []string{topic}, nil
	}
}
