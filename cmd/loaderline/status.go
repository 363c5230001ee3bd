package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/loaderline/loaderline/internal/cli"
	"github.com/loaderline/loaderline/internal/command/status"
	"github.com/loaderline/loaderline/internal/console"
)

const (
	// sampleTime is the time between two looks, which the speed is that between.
	sampleTime = 2 * time.Second
	// samples are the readings over which --watch computes the speed.
	samples = 8
)

func newStatus(c *console.Console) *cobra.Command {
	var watch bool
	format := cli.Choice{Value: "text", Of: []string{"text", "json"}}
	cmd := &cobra.Command{
		Use:   "status PIPELINE",
		Short: "Show the group, its members, its lag, and when it catches up",
		Long: `Show the pipeline's consumer group: its members and their partitions, how far behind each partition is in
records and in time, how fast records are processed, when the group will have caught up, and how many dead letters
there are. It looks twice, two seconds apart, and changes nothing.

Lag is a distance between offsets: it includes transaction markers between records, and events that wait in retry
topics. If a process of this pipeline runs at http.listen on this machine, it also says which source it waits for.`,
		Example: `  loaderline status pipeline.yaml
  loaderline status pipeline.yaml --watch
  loaderline status pipeline.yaml --format json`,
		Args: onePipeline(0),
		RunE: func(cmd *cobra.Command, args []string) error {
			return showStatus(cmd.Context(), c, args[0], watch, format.Value == "json")
		},
	}
	cmd.Flags().BoolVar(&watch, "watch", false, "update it every two seconds, until SIGINT")
	cmd.Flags().Var(&format, "format", "how to write it: json is one object, or one per line with --watch")
	return cmd
}

func showStatus(ctx context.Context, c *console.Console, path string, watch, asJSON bool) error {
	l, err := load(path, quietly(c))
	if err != nil {
		return err
	}
	file := l.layout.File
	if err := l.awaitKafka(ctx, l.inWords(c), append(file.Consumed(), file.DeadLetter.Topic)...); err != nil {
		return unlessEnded(ctx, err)
	}
	reader, err := status.Open(file, l.kafka)
	if err != nil {
		return err
	}
	defer reader.Close()
	reader.Waiting = func() { c.Say("waiting for the coordinator of group %s", file.Input.Group) }
	var seen []status.Report
	for {
		report, err := reader.Read(ctx)
		if err != nil {
			return unlessEnded(ctx, err)
		}
		if len(seen) > 0 {
			report.Since(seen[0])
			if err := writeStatus(c, report, watch, asJSON); err != nil || !watch {
				return err
			}
		}
		seen = append(seen, report)
		seen = seen[max(0, len(seen)-samples):]
		select {
		case <-time.After(sampleTime):
		case <-ctx.Done():
			return nil
		}
	}
}

func writeStatus(c *console.Console, report status.Report, watch, asJSON bool) error {
	if asJSON {
		return console.NewEncoder(c.Out).Encode(report)
	}
	palette := c.OutPalette()
	text := report.Text(palette, c.OutWidth())
	switch {
	case watch && c.OutControls():
		text = palette.Clear() + text // In place of the one before.
	case watch:
		text += "\n"
	}
	_, err := fmt.Fprint(c.Out, text)
	return err
}
