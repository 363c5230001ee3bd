package main

import (
	"context"
	"encoding/json"

	"github.com/spf13/cobra"

	"github.com/loaderline/loaderline/internal/console"
	"github.com/loaderline/loaderline/internal/demo"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/planview"
)

func newDemo(c *console.Console) *cobra.Command {
	n := 10_000
	format := choice{value: "text", of: []string{"text", "json"}}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "See a pipeline at work: nothing to install",
		Long: `Run a pipeline on a broker and a database inside this process. Events of a shop are published, some of them bad on
purpose; each is enriched by its user, the user's purchases and those products' reviews. Then both output topics are
read back, and what became of every event is counted. It exits 1 if any was lost or came twice.`,
		Example: `  loaderline demo
  loaderline demo --events 200000
  loaderline demo --format json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if n < 1 || n > 10_000_000 {
				return usagef("--events is %d; write a number from 1 to 10,000,000", n)
			}
			return runDemo(cmd.Context(), c, n, format.value)
		},
	}
	cmd.Flags().IntVar(&n, "events", n, "`events` to publish")
	cmd.Flags().Var(&format, "format", "how to write the summary")
	return cmd
}

func runDemo(ctx context.Context, c *console.Console, n int, format string) error {
	c.Say("starting a broker and a database with a small shop in this process")
	progress := c.Progress("settled", int64(n))
	defer progress.Done()
	summary, err := demo.Run(ctx, demo.Config{
		Events:   n,
		Progress: func(settled int) { progress.Update(int64(settled), int64(settled)) },
		Ready:    func(l *pipeline.Layout) { c.Say("\n%s", planview.New(l).Tree()) },
	})
	progress.Done()
	if err != nil {
		return err
	}
	if format == "json" {
		err = json.NewEncoder(c.Out).Encode(summary)
	} else {
		err = summary.WriteText(c.Out)
	}
	if err != nil {
		return err
	}
	return summary.Failure()
}
