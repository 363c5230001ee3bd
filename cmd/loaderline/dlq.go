package main

import (
	"fmt"
	"maps"
	"os"
	"os/user"
	"slices"
	"strings"

	"github.com/dustin/go-humanize/english"
	"github.com/spf13/cobra"

	"github.com/loaderline/loaderline/internal/cli"
	"github.com/loaderline/loaderline/internal/console"
	"github.com/loaderline/loaderline/internal/deadletter"
	"github.com/loaderline/loaderline/internal/offsetexpr"
	"github.com/loaderline/loaderline/internal/plural"
	"github.com/loaderline/loaderline/sink"
)

func newDLQ(c *console.Console) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "dlq",
		Short: "List, show, redrive and dismiss dead letters",
		Long: `List the dead letters of a pipeline by what went wrong, show single ones, send them back to the input topic
once the cause is fixed, or dismiss them.

A dead letter is open, redriven, parked (it came back too often) or dismissed. The dead-letter topic itself is never
changed; a small separate topic holds these states.`,
		Example: `  loaderline dlq list pipeline.yaml
  loaderline dlq show pipeline.yaml 0:12
  loaderline dlq redrive pipeline.yaml --kind lookup
  loaderline dlq dismiss pipeline.yaml --kind decode`,
		SuggestionsMinimumDistance: 2,
		Args:                       noSuchCommand,
		RunE:                       func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newDLQList(c), newDLQShow(c), newDLQRedrive(c), newDLQDismiss(c))
	return cmd
}

// letterFlags choose dead letters.
type letterFlags struct {
	filter    deadletter.Filter
	to        offsetexpr.Position
	key       string
	partition int32
	kind      cli.Choice
	state     cli.Choice
}

// add adds the flags to a command that handles dead letters of some states: open ones unless it is told otherwise.
func (f *letterFlags) add(cmd *cobra.Command, states ...deadletter.State) {
	f.kind.Of = []string{
		string(sink.KindDecode), string(sink.KindKey), string(sink.KindMissing), string(sink.KindLookup), string(sink.KindEncode), string(sink.KindTooLarge),
	}
	f.state.Value = string(deadletter.Open)
	for _, s := range states {
		f.state.Of = append(f.state.Of, string(s))
	}
	flags := cmd.Flags()
	flags.Var(&f.filter.From, "from", "position in the dead-letter topic to begin at; a time is when a record was dead-lettered")
	flags.Var(&f.to, "to", "position to end before; without it, the current end")
	flags.Lookup("to").DefValue = ""
	flags.Var(&f.kind, "kind", "only dead letters of this kind")
	flags.StringVar(&f.filter.Stage, "stage", "", "only dead letters of this `stage`")
	flags.StringVar(&f.filter.Message, "message", "", "only dead letters with this `text` in the message")
	flags.StringVar(&f.key, "key", "", "only dead letters with this record `key`")
	flags.Int32Var(&f.partition, "partition", 0, "only dead letters from this input `partition`")
	flags.StringVar(&f.filter.Pipeline, "pipeline", "", "dead letters of another pipeline `name` in the same topic, such as a former name of this pipeline")
	flags.IntVarP(&f.filter.Limit, "limit", "n", f.filter.Limit, "number of `dead letters` to end after")
	if len(states) > 0 {
		flags.Var(&f.state, "state", "only dead letters in this state")
	}
}

// resolve is the filter that the flags and the coordinates after the pipeline file ask for.
func (f *letterFlags) resolve(cmd *cobra.Command, coordinates []string) (deadletter.Filter, error) {
	filter := f.filter
	flags := cmd.Flags()
	if flags.Changed("to") {
		filter.To = &f.to
	}
	if flags.Changed("key") {
		filter.Key = &f.key
	}
	if flags.Changed("partition") {
		filter.Partition = &f.partition
	}
	if filter.Limit < 0 || flags.Changed("limit") && filter.Limit == 0 {
		return filter, cli.Usagef("--limit is %d; write how many dead letters", filter.Limit)
	}
	filter.Kind, filter.State = f.kind.Value, deadletter.State(f.state.Value)
	for _, text := range coordinates {
		one, err := deadletter.ParseCoordinates(text)
		if err != nil {
			return filter, cli.AsUsage(err)
		}
		filter.Only = append(filter.Only, one)
	}
	if len(filter.Only) > 0 && (flags.Changed("from") || flags.Changed("to")) {
		return filter, cli.Usagef("--from and --to are for a range; %s names single dead letters", strings.Join(coordinates, " "))
	}
	return filter, nil
}

// pipelineAndLetters wants a pipeline file, and takes coordinates of dead letters.
func pipelineAndLetters(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return onePipeline(0)(cmd, args)
	}
	return nil
}

// deadLetters are those of the pipeline.
func (l *loaded) deadLetters() deadletter.Queue {
	file := l.layout.File
	return deadletter.Queue{Kafka: l.kafka, Topic: file.DeadLetter.Topic, Pipeline: file.Name, Inputs: file.Input.Topics}
}

// reading shows how far a topic is read, once that is known.
type reading struct {
	console  *console.Console
	progress *console.Progress
}

func (r *reading) update(passed, total int64) {
	if r.progress == nil {
		r.progress = r.console.Progress("read", total)
	}
	r.progress.Update(min(passed, total), passed)
}

// line writes a line beside it.
func (r *reading) line(text string) {
	if r.progress == nil {
		r.progress = r.console.Progress("read", 0)
	}
	r.progress.Line(text)
}

func (r *reading) done() {
	if r.progress != nil {
		r.progress.Done()
	}
}

// letters counts dead letters in words.
func letters(n int64) string { return plural.Count(n, "dead letter") }

// sayOthers tells of dead letters in the topic that are not this pipeline's.
func sayOthers(c *console.Console, others map[string]int64) {
	var total int64
	var names []string
	for _, name := range slices.Sorted(maps.Keys(others)) {
		total += others[name]
		if name != "" {
			names = append(names, name)
		}
	}
	switch {
	case total == 0:
	case len(names) == 0:
		c.Say("%s in this topic name no pipeline, and are left out", letters(total))
	default:
		c.Say("%s of %s in this topic are left out; --pipeline NAME selects them", letters(total), english.OxfordWordSeries(names, "and"))
	}
}

// operator is who runs this, for the ledger.
func operator() string {
	name, host := "unknown", "unknown"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if h, err := os.Hostname(); err == nil {
		host = h
	}
	return fmt.Sprintf("%s@%s", name, host)
}
