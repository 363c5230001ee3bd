package main

import (
	"fmt"
	"io"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/loaderline/loaderline/internal/command/replaydiff"
	"github.com/loaderline/loaderline/internal/console"
	"github.com/loaderline/loaderline/internal/logattr"
	"github.com/loaderline/loaderline/internal/plural"
	"github.com/loaderline/loaderline/internal/runtime"
	"github.com/loaderline/loaderline/replay"
)

// writeRanges writes ranges as a table that is at most width wide, where 0 means any width, or each as an object.
func writeRanges(to io.Writer, width int, ranges replaydiff.Ranges, format string) error {
	rows, total := replaydiff.Rows(ranges)
	if format == "json" {
		return writeObjects(to, rows)
	}
	table := [][]string{{"  TOPIC", "PARTITION", "FROM", "TO", "OFFSETS"}}
	for _, row := range rows {
		table = append(table, []string{"  " + row.Topic, fmt.Sprint(row.Partition), fmt.Sprint(row.From), fmt.Sprint(row.To), humanize.Comma(row.Offsets)})
	}
	table = append(table, []string{"  in all", "", "", "", humanize.Comma(total)})
	_, err := io.WriteString(to, console.Table(table, width))
	return err
}

// writeReplay writes what a replay did.
func writeReplay(c *console.Console, format, into string, status replay.Status, count runtime.Count, took time.Duration) error {
	if format == "json" {
		return console.NewEncoder(c.Out).Encode(map[string]any{
			"id": status.ID, "into": into, "dead_letter_topic": status.DeadLetterTopic, "finished": status.Finished(), "records": count.Records,
			"enriched": count.Enriched, "forwarded": count.Forwarded, "filtered": count.Filtered, "dropped": count.Dropped, "dead_lettered": count.DeadLetters(),
			"seconds": logattr.Rounded(took),
		})
	}
	c.Say("replayed %s in %s, %s records/s: %s enriched, %s forwarded, %s filtered, %s dropped, %s in %s",
		plural.Count(count.Records, "record"), took.Round(time.Millisecond), humanize.Comma(console.Rate(int64(count.Records), took)),
		humanize.Comma(int64(count.Enriched)), humanize.Comma(int64(count.Forwarded)),
		humanize.Comma(int64(count.Filtered)), humanize.Comma(int64(count.Dropped)),
		letters(int64(count.DeadLetters())), status.DeadLetterTopic)
	return nil
}
