package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loaderline/loaderline/internal/cli"
	"github.com/loaderline/loaderline/internal/console"
	"github.com/loaderline/loaderline/internal/deadletter"
)

// dismissFlags are the flags of dlq dismiss.
type dismissFlags struct {
	letterFlags

	undo, yes bool
	format    *cli.Choice
}

func newDLQDismiss(c *console.Console) *cobra.Command {
	f := dismissFlags{format: tableFormat()}
	cmd := &cobra.Command{
		Use:   "dismiss PIPELINE [PARTITION:OFFSET...]",
		Short: "Dismiss dead letters, so that list and redrive ignore them",
		Long: `Dismiss dead letters: dlq list and dlq redrive then ignore them. Dismiss takes the open dead letters that the
flags select, or those named by their position in the dead-letter topic. --undo opens dismissed dead letters again.`,
		Example: `  loaderline dlq dismiss pipeline.yaml --kind decode --to -7d
  loaderline dlq dismiss pipeline.yaml 0:12 --yes
  loaderline dlq dismiss pipeline.yaml 0:12 --undo`,
		Args: pipelineAndLetters,
		RunE: func(cmd *cobra.Command, args []string) error {
			filter, err := f.resolve(cmd, args[1:])
			if err != nil {
				return err
			}
			if f.undo {
				filter.State = deadletter.Dismissed
			}
			return dismiss(cmd.Context(), c, args[0], filter, f, cmd.InOrStdin())
		},
	}
	f.add(cmd, deadletter.Open, deadletter.Parked)
	cmd.Flags().BoolVar(&f.undo, "undo", false, "open dismissed dead letters again")
	cmd.Flags().BoolVar(&f.yes, "yes", false, "do not ask")
	cmd.Flags().Var(f.format, "format", "how to print the result")
	cmd.MarkFlagsMutuallyExclusive("undo", "state")
	return cmd
}

func dismiss(ctx context.Context, c *console.Console, path string, filter deadletter.Filter, f dismissFlags, in io.Reader) error {
	l, err := load(path, quietly(c))
	if err != nil {
		return err
	}
	m := deadletter.Mark{Queue: l.deadLetters(), Filter: filter, To: deadletter.Dismissed, By: operator()}
	verb, past := "dismiss", "dismissed"
	if f.undo {
		m.To, verb, past = deadletter.Open, "reopen", "reopened"
	}
	if err := l.awaitKafka(ctx, l.inWords(c), append([]string{m.Topic}, m.Inputs...)...); err != nil {
		return err
	}
	read := reading{console: c}
	plan, err := m.Plan(ctx, read.update)
	read.done()
	if err != nil {
		return l.hinted(err)
	}
	sayOthers(c, plan.Others)
	asJSON := f.format.Value == "json"
	if plan.Count == 0 {
		c.Say("there is nothing to %s among the dead letters in %s", verb, m.Topic)
		return printOutcome(c.Out, asJSON, deadletter.Outcome{})
	}
	if !f.yes {
		if sure, err := confirm(c, in, fmt.Sprintf("%s%s %s of pipeline %s?", strings.ToUpper(verb[:1]), verb[1:], letters(plan.Count), m.Pipeline)); err != nil || !sure {
			return err
		}
	}
	progress := c.Progress(past, plan.Count)
	m.Progress = func(done int64) { progress.Update(done, done) }
	done, err := m.Run(ctx, plan)
	progress.Done()
	c.Say("%s %s", past, letters(done.Dismissed+done.Reopened))
	return errors.Join(interrupted(ctx, l.hinted(err)), printOutcome(c.Out, asJSON, done))
}
