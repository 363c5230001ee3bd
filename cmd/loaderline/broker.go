package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loaderline/loaderline/internal/cli"
	"github.com/loaderline/loaderline/internal/console"
	"github.com/loaderline/loaderline/internal/devbroker"
	"github.com/loaderline/loaderline/internal/devlisten"
	"github.com/loaderline/loaderline/internal/devregistry"
)

// brokerFlags are the flags of broker.
type brokerFlags struct {
	devbroker.Config

	registry string
	schemas  []string // as SUBJECT=FILE
}

func newBroker(c *console.Console) *cobra.Command {
	f := brokerFlags{Config: devbroker.Config{Listen: devbroker.DefaultListen, Partitions: devbroker.DefaultPartitions}}
	cmd := &cobra.Command{
		Use:   "broker",
		Short: "Run a Kafka-compatible broker for development",
		Long: `Run a Kafka-compatible broker in this process until SIGINT, to try pipelines without installing Kafka. It has
topics, consumer groups and transactions, but no replication and no authentication. It is not for production.

It creates the topics of --topics, the topics of "loaderline check PIPELINE --create-topics", and topics for which a
client requests auto-creation, as Kafka's tools do. It keeps records in memory, or in --dir, where the next broker
finds them.

With --registry, a schema registry with Confluent's API runs beside the broker, for pipelines with Avro, Protobuf or
JSON Schema. It takes every schema for compatible. It keeps schemas in memory only, also with --dir: when the broker
ends, records that are kept name schemas by IDs that no registry knows. --schema registers a schema at the start, in
the order of the flags, so that these schemas have the same IDs each time.`,
		Example: `  loaderline broker
  loaderline broker --dir ./broker --topics events,enriched,dead
  loaderline broker --listen 127.0.0.1:19092 --partitions 12
  loaderline broker --registry 127.0.0.1:8081 --schema events-value=events.avsc`,
		Args: cli.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.Partitions < 1 || f.Partitions > 10_000 {
				return cli.Usagef("--partitions is %d; write a number from 1 to 10,000", f.Partitions)
			}
			if cmd.Flags().Changed("registry") && f.registry == "" {
				return cli.Usagef("--registry needs an address, for example --registry %s", devregistry.DefaultListen)
			}
			if len(f.schemas) > 0 && f.registry == "" {
				return cli.Usagef("--schema is for a registry; add --registry %s", devregistry.DefaultListen)
			}
			return runBroker(cmd.Context(), c, f)
		},
	}
	cmd.Flags().StringVar(&f.Listen, "listen", f.Listen, "`host:port` to listen on; port 0 is any free port")
	cmd.Flags().StringVar(&f.Dir, "dir", "", "`folder` for topics, records and offsets; without it they are in memory")
	cmd.Flags().StringSliceVar(&f.Topics, "topics", nil, "`topics` to create if they are missing, separated by commas")
	cmd.Flags().IntVar(&f.Partitions, "partitions", f.Partitions, "`number` of partitions of new topics")
	cmd.Flags().StringVar(&f.registry, "registry", "", "`host:port` of a schema registry to run too; port 0 is any free port")
	cmd.Flags().StringArrayVar(&f.schemas, "schema", nil, "`subject=file` of a schema to register, of Avro (.avsc) or JSON Schema (.json); may be repeated")
	return cmd
}

func runBroker(ctx context.Context, c *console.Console, f brokerFlags) (err error) {
	broker, err := devbroker.Start(ctx, f.Config)
	if err != nil {
		if cli.Is[*devbroker.ConfigError](err) {
			return cli.AsUsage(fmt.Errorf("--%w", err))
		}
		return err
	}
	defer func() { err = errors.Join(err, broker.Close()) }()
	registry, err := f.startRegistry(ctx)
	if err != nil {
		return err
	}
	if registry != nil {
		defer func() { err = errors.Join(err, registry.Close()) }()
	}
	kept := "in memory until it ends"
	if f.Dir != "" {
		kept = "in " + f.Dir
	}
	c.Say("a development broker, not for production, listens on %s; records are kept %s", broker.Addr(), kept)
	if registry != nil {
		c.Say("a development schema registry, not for production, is at %s; schemas are kept in memory until it ends", registry.URL())
	}
	if len(f.schemas) > 0 {
		c.Say("schemas: %s", strings.Join(f.schemas, ", "))
	}
	if len(f.Topics) > 0 {
		c.Say("topics: %s", strings.Join(f.Topics, ", "))
	} else {
		c.Say("create the topics of a pipeline: loaderline check PIPELINE --create-topics")
	}
	c.Say("end it with Ctrl-C")
	<-ctx.Done()
	return nil
}

// startRegistry starts the registry of the flags with their schemas. It is nil if there is none.
func (f brokerFlags) startRegistry(ctx context.Context) (_ *devregistry.Registry, err error) {
	if f.registry == "" {
		return nil, nil //nolint:nilnil // No flag is no registry.
	}
	r, err := devregistry.Start(ctx, f.registry)
	if address, is := errors.AsType[*devlisten.Error](err); is {
		return nil, cli.AsUsage(fmt.Errorf("--registry: %w", address))
	}
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.Close())
		}
	}()
	for _, text := range f.schemas {
		subject, file, found := strings.Cut(text, "=")
		if !found || subject == "" || file == "" {
			return nil, cli.Usagef("--schema is %q; write a subject and a file, such as events-value=events.avsc", text)
		}
		err := r.RegisterFile(ctx, subject, file)
		if cli.Is[*devregistry.FileError](err) {
			return nil, cli.AsUsage(fmt.Errorf("--schema: %w", err))
		}
		if err != nil {
			return nil, err
		}
	}
	return r, nil
}
