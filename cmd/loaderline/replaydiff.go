package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/loaderline/loaderline/internal/cli"
	"github.com/loaderline/loaderline/internal/command/replaydiff"
	"github.com/loaderline/loaderline/internal/console"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/plural"
	"github.com/loaderline/loaderline/internal/strictyaml"
)

// diffPipeline shows what a replay would change.
func diffPipeline(ctx context.Context, c *console.Console, l *loaded, ranges replaydiff.Ranges, f replayFlags) (err error) {
	file := l.layout.File
	if err := l.awaitKafka(ctx, l.inWords(c), file.OutputTopics()...); err != nil {
		return unlessEnded(ctx, err)
	}
	open, err := pipeline.Open(ctx, l.layout, pipeline.Options{Logger: l.log, Fresh: true, ReadBackOutputs: true})
	if err != nil {
		return unlessEnded(ctx, err)
	}
	defer func() { err = errors.Join(err, open.Close()) }()
	decode, end, err := l.decoded(c, false)
	if err != nil {
		return err
	}
	defer end()
	_, total := replaydiff.Rows(ranges)
	outputs := strictyaml.JoinWords(file.OutputTopics(), "and")
	c.Say("reading what was published to %s for %s", outputs, plural.Count(total, "offset"))
	progress := c.Progress("compared", total)
	defer progress.Done()
	asJSON, shown := console.NewEncoder(c.Out), []replaydiff.Change{}
	counts, err := replaydiff.Differ{
		Kafka: l.kafka, Pipeline: open, Ranges: ranges, MaxRecords: file.Batch.MaxRecords, Outputs: file.OutputTopics(), Several: file.Output.ForEach != "",
		Progress: progress.Update, Decode: decode,
		Change: func(change replaydiff.Change) error {
			if f.format.Value == "json" {
				return asJSON.Encode(change)
			}
			if len(shown) < f.samples {
				shown = append(shown, change)
			}
			return nil
		},
	}.Diff(ctx)
	progress.Done()
	switch {
	case ctx.Err() != nil:
		return errors.New("interrupted: not everything was compared")
	case err != nil:
		return unanswered(err)
	}
	if f.format.Value == "text" {
		if err := writeDiff(c.Out, shown, counts); err != nil {
			return err
		}
	}
	c.Say("compared %s with what was published to %s: %s", plural.Count(counts.Records, "record"), outputs, summarize(counts))
	if !counts.Equal() {
		return &cli.ReportedError{Err: errDiffers, Text: fmt.Sprintf("%s of %s would be published differently now",
			humanize.Comma(int64(counts.Changed+counts.NotFound+counts.Gone)), plural.Count(counts.Records, "record"))}
	}
	return nil
}

var errDiffers = errors.New("there are differences")

// summarize says how many records there are of each kind.
func summarize(counts replaydiff.Counts) string {
	parts := []string{
		humanize.Comma(int64(counts.Same)) + " same", humanize.Comma(int64(counts.Changed)) + " changed",
		humanize.Comma(int64(counts.NotFound)) + " not found", humanize.Comma(int64(counts.Gone)) + " gone",
	}
	return strings.Join(parts, ", ")
}

// writeDiff writes the samples, and how many records differ in each field.
func writeDiff(to io.Writer, samples []replaydiff.Change, counts replaydiff.Counts) error {
	var b strings.Builder
	for _, s := range samples {
		fmt.Fprintf(&b, "%s partition %d offset %d: %s\n", s.Topic, s.Partition, s.Offset, strings.ReplaceAll(s.Change, "_", " "))
		if s.Why != "" {
			fmt.Fprintf(&b, "    %s\n", s.Why)
		}
		for _, field := range s.Fields {
			fmt.Fprintf(&b, "    %s\n      - %s\n      + %s\n", field.Name, short(field.Was), short(field.Now))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(counts.Fields)) {
		fmt.Fprintf(&b, "%s differs in %s\n", name, plural.Count(counts.Fields[name], "record"))
	}
	_, err := io.WriteString(to, b.String())
	return err
}

// shownBytes is how much of a value a sample shows.
const shownBytes = 300

func short(value []byte) string {
	switch {
	case value == nil:
		return "(absent)"
	case len(value) > shownBytes:
		return strings.ToValidUTF8(string(value[:shownBytes]), "") + "..."
	default:
		return string(value)
	}
}
