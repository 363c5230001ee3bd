package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/spf13/cobra"

	"github.com/loaderline/loaderline/testenv"
)

// upCommand starts the services and stays.
func upCommand() *cobra.Command {
	var seed bool
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Start the services, print the variables that name them, and stay until interrupted",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			ctx := cmd.Context()
			world, err := testenv.Up(ctx, cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, world.Close()) }()
			if err := world.Wait(); err != nil {
				return err
			}
			if seed {
				if err := seedWorld(ctx, world, cmd.ErrOrStderr()); err != nil {
					return err
				}
			}
			for _, variable := range world.Env() {
				if _, err := fmt.Fprintf(cmd.OutOrStdout(), "export %s\n", quoted(variable)); err != nil {
					return err
				}
			}
			<-ctx.Done()
			_, err = fmt.Fprintln(cmd.ErrOrStderr(), "stopping")
			return err
		},
	}
	cmd.Flags().BoolVar(&seed, "seed", false, "fill the database with the shop and create the topics of the examples")
	return cmd
}

// seedWorld fills the database with the shop and creates the topics that the examples name.
func seedWorld(ctx context.Context, world *testenv.World, progress io.Writer) error {
	begin := time.Now()
	if err := testenv.SeedShop(ctx, world.Postgres, testenv.ShopConfig{}); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(progress, "%-8s seeded after %.1f s\n", "shop", time.Since(begin).Seconds())
	for _, topic := range []string{"user-events", "user-events-enriched", "user-events-dead"} {
		err := testenv.CreateTopic(ctx, world.Kafka, topic, 4)
		if err != nil && !errors.Is(err, kafka.TopicAlreadyExists) {
			return err
		}
		_, _ = fmt.Fprintf(progress, "topic    %s\n", topic)
	}
	return nil
}
