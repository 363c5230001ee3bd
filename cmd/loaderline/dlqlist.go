package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/loaderline/loaderline/internal/cli"
	"github.com/loaderline/loaderline/internal/console"
	"github.com/loaderline/loaderline/internal/deadletter"
)

func newDLQList(c *console.Console) *cobra.Command {
	f := letterFlags{}
	all := false
	format := tableFormat()
	cmd := &cobra.Command{
		Use:   "list PIPELINE",
		Short: "List dead letters by what went wrong",
		Long: `List the dead letters of a pipeline, grouped by state, kind, stage and message, the largest group first.
Messages that differ only in numbers, UUIDs and quoted text count as the same. EXAMPLE is one dead letter of the
group, for dlq show.

It lists open dead letters, unless --state or --all says otherwise, up to the current end of the topic.

--format json prints one group per line: state, kind, stage, message, count, redriven_before, first_seen, last_seen and
example.`,
		Example: `  loaderline dlq list pipeline.yaml
  loaderline dlq list pipeline.yaml --from -2h --kind lookup
  loaderline dlq list pipeline.yaml --all --format json`,
		Args: onePipeline(0),
		RunE: func(cmd *cobra.Command, args []string) error {
			filter, err := f.resolve(cmd, nil)
			if err != nil {
				return err
			}
			if all {
				filter.State = ""
			}
			return listLetters(cmd.Context(), c, args[0], filter, format.Value == "json", all)
		},
	}
	f.add(cmd, deadletter.States()...)
	cmd.Flags().BoolVar(&all, "all", false, "dead letters in any state")
	cmd.Flags().Var(format, "format", "how to print the groups")
	cmd.MarkFlagsMutuallyExclusive("all", "state")
	return cmd
}

func tableFormat() *cli.Choice { return &cli.Choice{Value: "text", Of: []string{"text", "json"}} }

func listLetters(ctx context.Context, c *console.Console, path string, filter deadletter.Filter, asJSON, all bool) error {
	l, err := load(path, quietly(c))
	if err != nil {
		return err
	}
	queue := l.deadLetters()
	if err := l.awaitKafka(ctx, l.inWords(c), queue.Topic); err != nil {
		return err
	}
	progress := reading{console: c}
	sum, err := queue.List(ctx, filter, progress.update)
	progress.done()
	if err != nil {
		return l.hinted(err)
	}
	if asJSON {
		err = deadletter.WriteGroups(c.Out, sum.Groups)
	} else {
		err = deadletter.WriteTable(c.Out, sum.Groups, c.OutWidth())
	}
	if err != nil {
		return err
	}
	state := ""
	if filter.State != "" {
		state = ", " + string(filter.State)
	}
	c.Say("%s in %s%s", letters(sum.Count), queue.Topic, state)
	if !all && sum.Count == 0 && filter.State == deadletter.Open {
		c.Say("--all also lists redriven, parked and dismissed dead letters")
	}
	sayOthers(c, sum.Others)
	return nil
}
