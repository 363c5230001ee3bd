package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/loaderline/loaderline/internal/cli"
	"github.com/loaderline/loaderline/internal/command/check"
	"github.com/loaderline/loaderline/internal/command/plan"
	"github.com/loaderline/loaderline/internal/console"
	"github.com/loaderline/loaderline/internal/plural"
)

// checkFlags are the flags of check.
type checkFlags struct {
	connect, createTopics bool
	partitions            int
	format                cli.Choice
}

func newCheck(c *console.Console) *cobra.Command {
	f := checkFlags{partitions: 4, format: cli.Choice{Value: "text", Of: []string{"text", "json"}}}
	cmd := &cobra.Command{
		Use:   "check PIPELINE",
		Short: "Check a pipeline file and show its plan",
		Long: `Check a pipeline file and explain its plan. A tree shows which stage waits for which, where results go, what is
cached and for how long, and what happens to events without a result. Then come the calls to expect for a full
micro-batch, which stages share them, and the limits of each source. Mistakes in the file are printed with line and
column, and the exit code is 2.

With --connect, it connects to every broker and source, looks at every topic, and prepares every statement. This finds
a wrong column or key type before the first event.`,
		Example: `  loaderline check pipeline.yaml
  loaderline check pipeline.yaml --connect
  loaderline check pipeline.yaml --connect --create-topics --partitions 12
  loaderline check pipeline.yaml --format json`,
		Args: onePipeline(0),
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("partitions") && !f.createTopics {
				return cli.Usagef("--partitions is for --create-topics")
			}
			if f.partitions < 1 || f.partitions > 10_000 {
				return cli.Usagef("--partitions is %d; write a number from 1 to 10,000", f.partitions)
			}
			return runCheck(cmd.Context(), c, args[0], f)
		},
	}
	cmd.Flags().BoolVar(&f.connect, "connect", false, "connect to brokers and sources, look at topics, and prepare the statements")
	cmd.Flags().BoolVar(&f.createTopics, "create-topics", false, "create the topics that are missing; implies --connect")
	cmd.Flags().IntVar(&f.partitions, "partitions", f.partitions, "`number` of partitions of new input topics; other new topics get the same number as the input")
	cmd.Flags().Var(&f.format, "format", "how to write the plan")
	return cmd
}

// planAndChecks is what check writes as JSON.
type planAndChecks struct {
	plan.Plan

	Checks []check.Finding `json:"checks,omitempty"`
}

func runCheck(ctx context.Context, c *console.Console, path string, f checkFlags) error {
	l, err := load(path, quietly(c))
	if err != nil {
		return err
	}
	shown := planAndChecks{Plan: plan.New(l.layout)}
	asJSON := f.format.Value == "json"
	if !asJSON {
		if _, err := fmt.Fprint(c.Out, shown.Tree(c.OutPalette())); err != nil {
			return err
		}
	}
	var problems error
	report := func(finding check.Finding) {
		shown.Checks = append(shown.Checks, finding)
		if !asJSON {
			_, _ = fmt.Fprintln(c.Out, finding.Text(c.OutPalette()))
		}
	}
	for _, finding := range check.Certificates(l.layout.File, time.Now()) {
		report(finding)
	}
	if f.connect || f.createTopics {
		if !asJSON {
			_, _ = fmt.Fprintln(c.Out) // The findings' lines would fail as well, and do not matter more than their exit code.
		}
		findings := check.Check{
			Layout: l.layout, Kafka: l.kafka, CreateTopics: f.createTopics, Partitions: f.partitions, Logger: l.log,
			Report: report,
		}
		problems = findings.Run(ctx)
	}
	if asJSON {
		if err := console.NewEncoder(c.Out).Encode(shown); err != nil {
			return err
		}
	}
	if problems != nil {
		return l.failedChecks(shown.Checks, problems)
	}
	if !f.connect && !f.createTopics {
		c.Say("%s is valid; --connect also checks its brokers, topics and sources", path)
	}
	return nil
}

// failedChecks counts what failed. Each failure was printed in its own line.
func (l *loaded) failedChecks(findings []check.Finding, problems error) error {
	failed := 0
	for _, finding := range findings {
		if !finding.OK {
			failed++
		}
	}
	return &cli.ReportedError{Err: problems, Text: fmt.Sprintf("%d of %s of %s failed", failed, plural.Count(len(findings), "check"), l.path)}
}
