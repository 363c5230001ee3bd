package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loaderline/loaderline/internal/console"
	"github.com/loaderline/loaderline/internal/devbroker"
)

func newBroker(c *console.Console) *cobra.Command {
	cfg := devbroker.Config{Listen: devbroker.DefaultListen, Partitions: devbroker.DefaultPartitions}
	cmd := &cobra.Command{
		Use:   "broker",
		Short: "Run a Kafka-compatible broker for development",
		Long: `Run a Kafka-compatible broker in this process until SIGINT, to try pipelines without installing Kafka. It has
topics, consumer groups and transactions, but no replication and no authentication. It is not for production.

It creates the topics of --topics, the topics of "loaderline check PIPELINE --create-topics", and topics for which a
client requests auto-creation, as Kafka's tools do. It keeps records in memory, or in --dir, where the next broker
finds them.`,
		Example: `  loaderline broker
  loaderline broker --dir ./broker --topics events,enriched,dead
  loaderline broker --listen 127.0.0.1:19092 --partitions 12`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cfg.Partitions < 1 || cfg.Partitions > 10_000 {
				return usagef("--partitions is %d; write a number from 1 to 10,000", cfg.Partitions)
			}
			return runBroker(cmd.Context(), c, cfg)
		},
	}
	cmd.Flags().StringVar(&cfg.Listen, "listen", cfg.Listen, "`host:port` to listen on; port 0 is any free port")
	cmd.Flags().StringVar(&cfg.Dir, "dir", "", "`folder` for topics, records and offsets; without it they are in memory")
	cmd.Flags().StringSliceVar(&cfg.Topics, "topics", nil, "`topics` to create if they are missing, separated by commas")
	cmd.Flags().IntVar(&cfg.Partitions, "partitions", cfg.Partitions, "`number` of partitions of new topics")
	return cmd
}

func runBroker(ctx context.Context, c *console.Console, cfg devbroker.Config) error {
	broker, err := devbroker.Start(ctx, cfg)
	if err != nil {
		if is[*devbroker.ConfigError](err) {
			return &usageError{fmt.Errorf("--%w", err)}
		}
		return err
	}
	kept := "in memory until it ends"
	if cfg.Dir != "" {
		kept = "in " + cfg.Dir
	}
	c.Say("a development broker, not for production, listens on %s; records are kept %s", broker.Addr(), kept)
	if len(cfg.Topics) > 0 {
		c.Say("topics: %s", strings.Join(cfg.Topics, ", "))
	} else {
		c.Say("create the topics of a pipeline: loaderline check PIPELINE --create-topics")
	}
	c.Say("end it with Ctrl-C")
	<-ctx.Done()
	return broker.Close()
}
