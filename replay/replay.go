// Package replay has the configuration and the status of a replay, which publishes a part of the input again.
// Pipeline.Replay of the root package runs a replay, and FindReplay finds the status of an earlier one.
package replay

// Config says what to publish again. Zero values are defaults where a field says so.
type Config struct {
	// ID names the replay: at most 64 letters, digits, dots, dashes and underscores. The records have it in the header
	// loaderline.replay. A replay that was interrupted continues where it stopped when it is run again with its ID.
	// Required.
	ID string
	// Ranges are the offsets to read, by topic and partition. They are kept under the ID, and must be the same when it
	// is used again. Nil continues with the kept ranges.
	Ranges map[string]map[int32]Range
	// Description says what the ranges were made from. It is kept with them, for whoever continues the replay.
	// Optional.
	Description string
	// Into is the topic to publish to. Defaults to Sink.Topic; records then go where Encode says. With another topic, all
	// records go there, whatever Encode says. It must not be an input, retry or dead-letter topic of the pipeline.
	Into string
	// DeadLetterTopic defaults to Sink.DeadLetterTopic. If Into is not Sink.Topic, it defaults to the name of Into with
	// -dead. It must not be an input, retry or output topic of the pipeline.
	DeadLetterTopic string
	// Rate is the most input records to read per second. Defaults to no limit.
	Rate float64
	// OnProgress is called after each step, by one goroutine at a time. It may
	// keep the status. Optional.
	OnProgress func(Status)
}

// Range is a part of a partition: the offsets from From up to, but excluding, To. It is empty if To is not above From.
type Range struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

// Len returns the number of offsets in the range. The range may have fewer records, because transaction markers have
// offsets too.
func (r Range) Len() int64 { return max(r.To-r.From, 0) }

// Status is the progress of a replay.
type Status struct {
	ID string
	// Ranges are the offsets that it reads, by topic and partition. Nil means that
	// the replay was never begun.
	Ranges map[string]map[int32]Range
	// Positions are the offsets that it reads next. The records before them are
	// published.
	Positions map[string]map[int32]int64
	// Description, Into and DeadLetterTopic are from the Config that began it.
	Description, Into, DeadLetterTopic string
}

// Finished reports whether all ranges were read to their end.
func (s Status) Finished() bool {
	done, total := s.Offsets()
	return s.Ranges != nil && done == total
}

// Offsets returns how many offsets of the ranges were read, and their total number.
func (s Status) Offsets() (done, total int64) {
	for topic, partitions := range s.Ranges {
		for p, of := range partitions {
			total += of.Len()
			done += Range{From: of.From, To: min(s.Positions[topic][p], of.To)}.Len()
		}
	}
	return done, total
}
