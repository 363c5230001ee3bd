package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/cli"
	"github.com/loaderline/loaderline/internal/command/replaydiff"
	"github.com/loaderline/loaderline/internal/console"
	"github.com/loaderline/loaderline/internal/kafkaadmin"
	"github.com/loaderline/loaderline/internal/offsetexpr"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/replaystate"
	"github.com/loaderline/loaderline/internal/strictyaml"
	"github.com/loaderline/loaderline/replay"
)

// replayFlags are the flags of replay.
type replayFlags struct {
	from, to                             offsetexpr.Position
	topic, into, id                      string
	intoOutput, diff, dryRun, fresh, yes bool
	createTopics                         bool
	rate                                 float64
	workers, samples                     int
	format                               cli.Choice
	hasFrom, hasTo                       bool
}

func newReplay(c *console.Console) *cobra.Command {
	f := replayFlags{to: offsetexpr.Position{Kind: offsetexpr.Latest}, format: textOrJSON()}
	cmd := &cobra.Command{
		Use:   "replay PIPELINE",
		Short: "Enrich a part of the input again, or show what would change",
		Long: `Enrich a part of the input again, exactly once. The pipeline may run or not; its group is not touched.

--into publishes to another topic, which the pipeline does not use, and dead letters to that topic's name with -dead;
--into-output publishes to the pipeline's own topics, whose consumers then see these records again. The records have
the header loaderline.replay.
--diff publishes nothing: it enriches with current data and shows how the results differ from the published records.

--from and --to are positions; --to is exclusive and defaults to the current end of the topic. They are resolved to
offsets once, and kept under the replay's ID. With the same --id, a replay that was interrupted or killed continues
where it stopped.

Positions: earliest, latest, 1000 (that offset in every partition), 3:1000 (partition:offset, and that partition
alone), @1764000000000 (milliseconds since 1970), 2026-11-24T08:00:00Z, -2h (two hours ago), -7d.

A replay does not follow the change topics of cache.invalidate: it uses a row as it first read it, for the stage's ttl
at most. --fresh looks up all keys in the sources in each micro-batch.

--diff exits 1 if something differs.`,
		Example: `  loaderline replay pipeline.yaml --from -2h --dry-run
  loaderline replay pipeline.yaml --from 3:1000 --to 3:2000 --into again
  loaderline replay pipeline.yaml --id 20261124-100614-k3xw --into again
  loaderline replay pipeline.yaml --from -1d --diff`,
		Args: onePipeline(0),
		RunE: func(cmd *cobra.Command, args []string) error {
			f.hasFrom, f.hasTo = cmd.Flags().Changed("from"), cmd.Flags().Changed("to")
			if err := f.validate(cmd); err != nil {
				return err
			}
			return replayPipeline(cmd.Context(), c, args[0], cmd.InOrStdin(), f)
		},
	}
	flags := cmd.Flags()
	flags.Var(&f.from, "from", "position to begin at")
	flags.Lookup("from").DefValue = ""
	flags.Var(&f.to, "to", "position to end before")
	flags.StringVar(&f.topic, "topic", "", "`topic` to read, if there are several input topics")
	flags.StringVar(&f.into, "into", "", "`topic` to publish to")
	flags.BoolVar(&f.intoOutput, "into-output", false, "publish to the pipeline's output topic")
	flags.BoolVar(&f.diff, "diff", false, "publish nothing, and show what would change")
	flags.BoolVar(&f.dryRun, "dry-run", false, "show what would be read, and read nothing")
	flags.StringVar(&f.id, "id", "", "`ID` of a new replay, or of the replay to continue (default generated)")
	flags.BoolVar(&f.fresh, "fresh", false, "bypass the cache; --diff always does")
	flags.Float64Var(&f.rate, "rate", 0, "most `events` per second")
	flags.IntVar(&f.workers, "workers", 0, "concurrent `sessions` (default workers of the file)")
	flags.BoolVar(&f.createTopics, "create-topics", false, "create the topics of --into that are missing, with the input's partitions")
	flags.IntVar(&f.samples, "samples", 5, "number of `records` that --diff shows")
	flags.BoolVar(&f.yes, "yes", false, "do not ask")
	flags.Var(&f.format, "format", "how to write the result: json is one object per line")
	cmd.MarkFlagsMutuallyExclusive("into", "into-output", "diff")
	return cmd
}

func (f *replayFlags) validate(cmd *cobra.Command) error {
	set := cmd.Flags().Changed
	switch {
	case f.into == "" && !f.intoOutput && !f.diff && !f.dryRun:
		return cli.Usagef("where to? add --into TOPIC, --into-output for the pipeline's own, --diff to publish nothing and see what would change, or --dry-run")
	case !f.hasFrom && f.id == "":
		return cli.Usagef("from where? add --from, such as --from -2h or --from 3:1000, or --id of a replay to continue")
	case f.diff && f.id != "":
		return cli.Usagef("--diff publishes nothing, so there is nothing to keep under an --id")
	case f.rate < 0 || set("rate") && f.rate == 0:
		return cli.Usagef("--rate is %v; write the events a second, such as 500", f.rate)
	case f.workers < 0 || set("workers") && f.workers == 0:
		return cli.Usagef("--workers is %d; it is at least 1", f.workers)
	case f.samples < 0:
		return cli.Usagef("--samples is %d; write how many records to show", f.samples)
	case f.createTopics && f.into == "":
		return cli.Usagef("--create-topics is for the topics of --into")
	default:
		return nil
	}
}

// fit checks what the pipeline file says about the flags.
func (f *replayFlags) fit(path string, file *pipelinefile.File) error {
	if f.diff && file.Output.Source == pipelinefile.SourceHeadersNone {
		return file.Errorf("output.source", "replay --diff finds what was published for an event by its source, which records do not name; set it to short, and compare events that were enriched since then")
	}
	return checkInto(path, file, f.into)
}

// asked is what the ranges are made of.
func (f *replayFlags) asked() string {
	text := fmt.Sprintf("--from %s --to %s", f.from, f.to)
	if f.topic != "" {
		text += " --topic " + f.topic
	}
	return text
}

func replayPipeline(ctx context.Context, c *console.Console, path string, in io.Reader, f replayFlags) error {
	l, err := load(path, warnings(c))
	if err != nil {
		return err
	}
	if err := f.fit(path, l.layout.File); err != nil {
		return err
	}
	topics, err := inputTopics(l, f.topic)
	if err != nil {
		return err
	}
	if err := l.awaitKafka(ctx, l.inWords(c), topics...); err != nil {
		return unlessEnded(ctx, err)
	}
	kept, err := f.find(ctx, l)
	if err != nil {
		return unlessEnded(ctx, err)
	}
	ranges := kept.Ranges
	if ranges == nil {
		var notes []string
		if ranges, notes, err = replaydiff.Resolve(ctx, l.kafka, topics, f.from, f.to); err != nil {
			return unlessEnded(ctx, err)
		}
		for _, note := range notes {
			c.Say("%s", note)
		}
	}
	switch {
	case f.dryRun:
		return writeRanges(c.Out, c.OutWidth(), ranges, f.format.Value)
	case f.diff:
		return diffPipeline(ctx, c, l, ranges, f)
	case kept.Finished():
		c.Say("replay %s is finished: there is nothing left to do", kept.ID)
		return nil
	}
	if f.intoOutput && !f.yes {
		question := fmt.Sprintf("Publish to %s, whose consumers will see these records again?", strictyaml.JoinWords(l.layout.File.OutputTopics(), "and"))
		if sure, err := confirm(c, in, question); err != nil || !sure {
			return err
		}
	}
	if f.createTopics {
		if err := f.create(ctx, l, topics[0]); err != nil {
			return err
		}
	}
	return publishReplay(ctx, c, l, f, kept, ranges)
}

// warnings logs what went wrong: a replay says by itself what it does.
func warnings(c *console.Console) func(pipelinefile.Log) *slog.Logger {
	return func(log pipelinefile.Log) *slog.Logger {
		if log.Level > slog.LevelDebug {
			log.Level = slog.LevelWarn
		}
		return c.Logger(log)
	}
}

// find finds what is kept under the ID, and holds that it is what is asked for now.
func (f *replayFlags) find(ctx context.Context, l *loaded) (replay.Status, error) {
	if f.id == "" {
		return replay.Status{}, nil
	}
	kept, err := loaderline.FindReplay(ctx, l.kafka, l.layout.File.Name, f.id)
	switch {
	case err != nil:
		return kept, err
	case kept.Ranges == nil && !f.hasFrom:
		return kept, cli.Usagef("there is no replay %s of pipeline %s to continue; begin it with --from", f.id, l.layout.File.Name)
	case kept.Ranges != nil && (f.hasFrom || f.hasTo) && kept.Description != f.asked():
		return kept, &replaystate.ChangedError{ID: f.id, What: "range", Was: kept.Description, Now: f.asked()}
	}
	return kept, nil
}

// create creates the topics of --into that are missing.
func (f *replayFlags) create(ctx context.Context, l *loaded, like string) error {
	infos, err := kafkaadmin.Describe(ctx, l.kafka, like)
	if err != nil {
		return err
	}
	partitions := infos[like].Partitions
	return kafkaadmin.CreateTopics(ctx, l.kafka,
		kafkaadmin.TopicSpec{Name: f.into, Partitions: partitions}, kafkaadmin.TopicSpec{Name: replayDead(f.into), Partitions: partitions})
}
