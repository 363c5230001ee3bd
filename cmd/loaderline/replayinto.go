package main

import (
	"github.com/loaderline/loaderline/internal/cli"
	"github.com/loaderline/loaderline/internal/deadletter"
	"github.com/loaderline/loaderline/internal/pipelinefile"
)

// checkInto refuses a topic of --into if its records or its dead letters would reach a topic that the pipeline uses.
func checkInto(path string, file *pipelinefile.File, into string) error {
	dead, published := replayDead(into), "--into "+into
	switch into {
	case "":
		return nil
	case file.Output.Topic:
		return cli.Usagef("%s is output.topic of %s: to publish to it, replace --into by --into-output; or name another topic", published, path)
	}
	switch key := file.KeyOf(into); key {
	case "":
	case "output.routes":
		return cli.Usagef("%s is in %s of %s: to publish to all output topics, replace --into by --into-output; or name another topic", published, key, path)
	default:
		return cli.Usagef("%s is %s of %s, %s; name another topic", published, place(key), path, harm(key, "its own enriched records", "enriched records"))
	}
	switch into {
	case deadletter.LedgerTopic(file.DeadLetter.Topic):
		return cli.Usagef("%s is where loaderline dlq keeps its ledger of %s; name another topic", published, file.DeadLetter.Topic)
	case deadletter.ParkingTopic(file.DeadLetter.Topic):
		return cli.Usagef("%s is where loaderline dlq parks dead letters of %s; name another topic", published, file.DeadLetter.Topic)
	}
	if key := file.KeyOf(dead); key != "" {
		return cli.Usagef("%s publishes dead letters to %s, which is %s of %s, %s; name another topic", published, dead, place(key), path, harm(key, "them", "them"))
	}
	return nil
}

// replayDead is the topic of the dead letters of a replay into another topic than the pipeline's.
func replayDead(into string) string { return into + "-dead" }

// place says where a file names a topic: the key has one topic, or a list.
func place(key string) string {
	switch key {
	case "output.topic", "dead_letter.topic":
		return key
	default:
		return "in " + key
	}
}

// harm says what would happen to records in a topic that has a key in the file. events are the records that would be
// read as events.
func harm(key, events, records string) string {
	switch key {
	case "cache.invalidate":
		return "so the pipeline would read " + records + " as changes"
	case "output.topic", "output.routes":
		return "where " + records + " would look like enriched records"
	case "dead_letter.topic":
		return "where " + records + " would look like dead letters"
	default:
		return "so the pipeline would read " + events + " as events"
	}
}
