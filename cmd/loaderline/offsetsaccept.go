package main

import (
	"github.com/spf13/cobra"

	"github.com/loaderline/loaderline/internal/command/offsets"
	"github.com/loaderline/loaderline/internal/console"
)

func newOffsetsAccept(c *console.Console) *cobra.Command {
	return &cobra.Command{
		Use:   "accept PIPELINE",
		Short: "Accept topics that were deleted and created again",
		Long: `Accept the output, dead-letter and retry topics as they are now. A pipeline stops if one of its topics was
deleted and created again, because the new topic lacks the records that it published before. It does not start until
you accept that.

The pipeline then reads a retry topic from its oldest record, also if retention has removed records that waited there.
For an input topic, choose where to continue with loaderline offsets set. The pipeline must not be running.`,
		Example: `  loaderline offsets accept pipeline.yaml`,
		Args:    onePipeline(0),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			l, err := load(args[0], quietly(c))
			if err != nil {
				return err
			}
			file := l.layout.File
			topics := file.Published()
			if err := l.awaitKafka(ctx, l.inWords(c), topics...); err != nil {
				return unlessEnded(ctx, err)
			}
			changed, err := offsets.Accept(ctx, l.kafka, file.Input.Group, topics, file.Retry.TopicNames())
			if err != nil {
				return unlessEnded(ctx, err)
			}
			if len(changed) == 0 {
				c.Say("no output, dead-letter or retry topic was created again or has lost waiting records")
			}
			for _, topic := range changed {
				c.Say("topic %s is accepted as it is now", topic)
			}
			return nil
		},
	}
}
