package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loaderline/loaderline/internal/cli"
	"github.com/loaderline/loaderline/internal/console"
)

// execute runs the command that args name, and writes its error.
func execute(ctx context.Context, c *console.Console, args []string) int {
	return cli.Execute(ctx, c, newRoot(c), args)
}

func newRoot(c *console.Console) *cobra.Command {
	root := &cobra.Command{
		Use:   "loaderline",
		Short: "Enrich Kafka topics through staged bulk lookups, exactly once",
		Long: `loaderline enriches events from Kafka through staged bulk lookups and publishes the results, exactly once. A
pipeline is one YAML file. Start with "loaderline demo": it needs nothing but this program.

Data goes to stdout, messages to stderr. Exit codes: 0 done, 1 failed at run time, 2 wrong usage or a wrong file, 3 a
broker, topic or source is not available at start.`,
		Example: `  loaderline demo
  loaderline check pipeline.yaml --connect
  loaderline try pipeline.yaml '{"user_id":7}'
  loaderline run pipeline.yaml`,
		SuggestionsMinimumDistance: 2,
		Args:                       noSuchCommand,
		RunE:                       func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	addGroup(root, "Try it without Kafka", cli.NewDemo(c), newBroker(c))
	addGroup(root, "Write a pipeline", newCheck(c), newTry(c), newTest(c), newSchema(c))
	addGroup(root, "Run it", newRun(c), newPublish(c), newConsume(c), newStatus(c))
	addGroup(root, "Operate it", newDLQ(c), newReplay(c), newCache(c), newOffsets(c))
	root.AddCommand(newCompletion(c), newVersion(c))
	completing(root)
	cli.Complete(c, root)
	return root
}

// addGroup adds commands under a heading of the help.
func addGroup(root *cobra.Command, heading string, commands ...*cobra.Command) {
	root.AddGroup(&cobra.Group{ID: heading, Title: heading + ":"})
	for _, cmd := range commands {
		cmd.GroupID = heading
	}
	root.AddCommand(commands...)
}

// noSuchCommand says which command was probably meant.
func noSuchCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		return fmt.Errorf("there is no command %q; did you mean %s?", args[0], strings.Join(near, " or "))
	}
	return fmt.Errorf("there is no command %q; see %s --help", args[0], cmd.CommandPath())
}

// onePipeline wants a pipeline file, and no more than others beside it.
func onePipeline(others int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) == 0:
			return fmt.Errorf("which pipeline file? as in %s pipeline.yaml", cmd.CommandPath())
		case len(args) > 1+others:
			return fmt.Errorf("there is one argument too many, %q; see %s --help", args[1+others], cmd.CommandPath())
		default:
			return nil
		}
	}
}
