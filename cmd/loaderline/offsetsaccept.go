package main

import (
	"github.com/spf13/cobra"

	"github.com/loaderline/loaderline/internal/command/offsets"
	"github.com/loaderline/loaderline/internal/console"
)

func newOffsetsAccept(c *console.Console) *cobra.Command {
	return &cobra.Command{
		Use:   "accept PIPELINE",
		Short: "Take topics that were deleted and created again",
		Long: `Take the output, dead-letter and retry topics as they are now. A pipeline stops when one
of its topics was deleted and created again, and does not start before that is accepted:
what it published before is not in the new topic.

A retry topic is read from its oldest record then. So is one from which retention has removed
records that waited. For an input topic choose where to go on with loaderline offsets set. The
pipeline must not be running.`,
		Example: `  loaderline offsets accept pipeline.yaml`,
		Args:    onePipeline(0),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			l, err := load(args[0], quietly(c))
			if err != nil {
				return err
			}
			file := l.layout.File
			topics := append([]string{file.Output.Topic, file.DeadLetter.Topic}, file.Retry.TopicNames()...)
			if err := l.awaitKafka(ctx, l.inWords(c), topics...); err != nil {
				return unlessEnded(ctx, err)
			}
			changed, err := offsets.Accept(ctx, l.kafka, file.Input.Group, topics, file.Retry.TopicNames())
			if err != nil {
				return unlessEnded(ctx, err)
			}
			if len(changed) == 0 {
				c.Say("no output, dead-letter or retry topic was created again, or has lost records that wait")
			}
			for _, topic := range changed {
				c.Say("topic %s is taken as it is now", topic)
			}
			return nil
		},
	}
}
