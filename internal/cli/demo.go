package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/loaderline/loaderline/internal/command/demo"
	"github.com/loaderline/loaderline/internal/command/plan"
	"github.com/loaderline/loaderline/internal/console"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/strictyaml"
)

// demoFlags are the flags of demo.
type demoFlags struct {
	events int
	write  string
	input  Choice
	format Choice
}

// NewDemo returns the command demo.
func NewDemo(c *console.Console) *cobra.Command {
	f := demoFlags{
		events: 10_000,
		input:  Choice{Value: string(pipelinefile.FormatJSON), Of: []string{string(pipelinefile.FormatJSON), string(pipelinefile.FormatAvro)}},
		format: Choice{Value: "text", Of: []string{"text", "json"}},
	}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "See a pipeline at work, with nothing to install",
		Long: `Run a pipeline on a broker and a database inside this process. The demo publishes events of a shop, some of
them bad on purpose. It enriches each with its user, the user's purchases and the reviews of the products. Then it
reads both output topics back and counts the outcomes. It exits 1 if an event was lost or has two outcomes.

On a terminal the broker, the pipeline and its /metrics, /healthz and /readyz stay up until Ctrl-C, on a free port
that the demo prints. With --write, it also writes the pipeline file, the database and the events to a folder, so that
you can change them and run them with "loaderline broker".

With --input-format avro, the events and the enriched records are Avro, and a schema registry runs in this process. It
keeps schemas in memory only. The audit decodes what it reads. --write also writes the schema of the events, and the
events as lines of JSON, which "loaderline publish" encodes. "loaderline broker --registry" runs such a registry.`,
		Example: `  loaderline demo
  loaderline demo --events 200000
  loaderline demo --input-format avro
  loaderline demo --write shop
  loaderline demo --format json`,
		Args: NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.events < 1 || f.events > 10_000_000 {
				return Usagef("--events is %d; write a number from 1 to 10,000,000", f.events)
			}
			if cmd.Flags().Changed("write") && f.write == "" {
				return Usagef("--write needs a folder, for example --write shop")
			}
			return runDemo(cmd.Context(), c, cmd.CommandPath(), f)
		},
	}
	cmd.Flags().IntVar(&f.events, "events", f.events, "`events` to publish")
	cmd.Flags().StringVar(&f.write, "write", "", "`folder` to write the pipeline file, the database, the events and their schema to")
	cmd.Flags().Var(&f.input, "input-format", "format of the events, and of the enriched records")
	cmd.Flags().Var(&f.format, "format", "how to write the summary")
	return cmd
}

// loaderlineDemo is the command line of the demo in the program that has all commands.
const loaderlineDemo = "loaderline demo"

// runDemo runs the demo as the command line command has it.
func runDemo(ctx context.Context, c *console.Console, command string, f demoFlags) error {
	input := pipelinefile.Format(f.input.Value)
	var files demo.Files
	if f.write != "" {
		var err error
		if files, err = demo.Write(ctx, f.write, f.events, input); err != nil {
			if errors.Is(err, demo.ErrExists) {
				return AsUsage(fmt.Errorf("--write: %w", err))
			}
			return err
		}
	}
	servers := "a broker"
	if input.HasSchema() {
		servers += ", a schema registry"
	}
	c.Say("starting %s and a database with a small shop in this process", servers)
	progress := c.Progress("settled", int64(f.events))
	defer progress.Done()
	shown := false
	show := func(s *demo.Summary) error {
		progress.Done()
		shown = true
		if f.format.Value == "json" {
			return console.NewEncoder(c.Out).Encode(s)
		}
		return s.WriteText(c.Out)
	}
	cfg := demo.Config{
		Events: f.events, InputFormat: input, Command: command,
		Progress: func(settled int) { progress.Update(int64(settled), int64(settled)) },
		Ready: func(l *pipeline.Layout, at demo.Place) {
			c.Say("metrics and health are at http://%s/metrics, /healthz and /readyz", at.HTTP)
			c.Say("\n%s", plan.New(l).Tree(c.ErrPalette()))
		},
	}
	var showing error
	if f.format.Value == "text" && onTerminal(c) {
		cfg.Stay = func(s *demo.Summary, at demo.Place) {
			showing = show(s)
			sayFiles(c, command, files)
			servers := at.Broker
			if at.Registry != "" {
				servers += ", the schema registry, " + at.Registry
			}
			c.Say("\nThe broker, %s, and the pipeline stay up until Ctrl-C. In another terminal%s:", servers, builds(command))
			sayCommands(c, at.Commands())
		}
	}
	summary, err := demo.Run(ctx, cfg)
	progress.Done()
	switch {
	case err != nil && ctx.Err() != nil && !shown:
		return &ReportedError{Err: err, Text: "the demo was interrupted before it was done"}
	case err != nil:
		return err
	case !shown:
		showing = show(summary)
		sayFiles(c, command, files)
	}
	return errors.Join(showing, summary.Failure())
}

// onTerminal reports whether somebody is there to end the demo: both streams go to a terminal.
func onTerminal(c *console.Console) bool { return c.Terminal && c.OutTerminal }

// builds says how to get loaderline, to who has started the demo without it.
func builds(command string) string {
	if command == loaderlineDemo {
		return ""
	}
	return ", with loaderline, which make build builds"
}

// sayFiles says how to run what was written, if anything was.
func sayFiles(c *console.Console, command string, files demo.Files) {
	if files.Pipeline == "" {
		return
	}
	c.Say("\nWritten: %s. To run them, the broker and the pipeline each in its own terminal%s:", strictyaml.JoinWords(files.All(), "and"), builds(command))
	sayCommands(c, files.Commands())
}

func sayCommands(c *console.Console, commands []string) {
	for _, command := range commands {
		c.Say("  %s", command)
	}
}
