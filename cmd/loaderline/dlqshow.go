package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loaderline/loaderline/internal/console"
	"github.com/loaderline/loaderline/internal/deadletter"
)

func newDLQShow(c *console.Console) *cobra.Command {
	f := letterFlags{filter: deadletter.Filter{Limit: 1}}
	format, raw := tableFormat(), false
	cmd := &cobra.Command{
		Use:   "show PIPELINE [PARTITION:OFFSET...]",
		Short: "Show dead letters: why, where from, headers, payload",
		Long: `Show single dead letters: the reason, the origin, key, headers and payload. Name them by their position in the
dead-letter topic, such as the EXAMPLE of dlq list, or select them by flags, which show the first, or the first -n.

Key and payload that have a schema are shown as JSON. What cannot be decoded by its schema is shown as it is, and the
first reason goes to stderr. --raw decodes nothing, and needs no registry.

--format json prints records as consume does, with state, state_at and state_by.`,
		Example: `  loaderline dlq show pipeline.yaml 0:12
  loaderline dlq show pipeline.yaml --kind lookup -n 3
  loaderline dlq show pipeline.yaml 0:12 --format json`,
		Args: pipelineAndLetters,
		RunE: func(cmd *cobra.Command, args []string) error {
			filter, err := f.resolve(cmd, args[1:])
			if err != nil {
				return err
			}
			if len(filter.Only) > 0 {
				filter.Limit = 0
				if !cmd.Flags().Changed("state") {
					filter.State = ""
				}
			}
			return showLetters(cmd.Context(), c, args[0], filter, format.Value == "json", raw)
		},
	}
	f.add(cmd, deadletter.States()...)
	cmd.Flags().Var(format, "format", "how to print dead letters")
	cmd.Flags().BoolVar(&raw, "raw", false, rawUsage)
	return cmd
}

func showLetters(ctx context.Context, c *console.Console, path string, filter deadletter.Filter, asJSON, raw bool) error {
	l, err := load(path, quietly(c))
	if err != nil {
		return err
	}
	queue := l.deadLetters()
	if err := l.awaitKafka(ctx, l.inWords(c), queue.Topic); err != nil {
		return err
	}
	decode, end, err := l.decoded(c, raw)
	if err != nil {
		return err
	}
	defer end()
	out := bufio.NewWriter(c.Out)
	missing := map[deadletter.Coordinates]bool{}
	for _, one := range filter.Only {
		missing[one] = true
	}
	shown := 0
	err = queue.Read(ctx, filter, func(letter deadletter.Letter) error {
		delete(missing, letter.Coordinates)
		if letter.Decoded, err = decode(ctx, letter.Record); err != nil {
			return err
		}
		if shown++; asJSON {
			return letter.WriteJSON(out)
		}
		if shown > 1 {
			if err := out.WriteByte('\n'); err != nil {
				return err
			}
		}
		return letter.WriteText(out, c.OutPalette())
	})
	if err = errors.Join(err, out.Flush()); err != nil {
		return l.hinted(err)
	}
	if len(missing) > 0 {
		var names []string
		for _, one := range filter.Only {
			if missing[one] {
				names = append(names, one.String())
			}
		}
		return fmt.Errorf("topic %s has no dead letter of pipeline %s at %s that matches the flags", queue.Topic, queue.Pipeline, strings.Join(names, ", "))
	}
	if shown == 0 {
		c.Say("no dead letter in %s matches the flags", queue.Topic)
	}
	return nil
}
