package loaderline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"golang.org/x/time/rate"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/stages"
)

// Range is a part of a partition: the offsets from From up to To, which is not part of it. It is empty where To is not
// above From.
type Range struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

// Len is how many offsets the range has. As many records are in it at most: transaction markers have offsets too.
func (r Range) Len() int64 { return max(r.To-r.From, 0) }

// ReplayConfig says what is to be published once more. Zero values are defaults where a field says so.
type ReplayConfig struct {
	// ID names the replay: letters, digits, dots, dashes and underscores, 64 at most. The records have it in the header
	// loaderline.replay. One that was interrupted goes on where it stopped when it is run again with its ID. Required.
	ID string
	// Ranges are what to read, by topic and partition. They are kept under the ID, and must be the same when it is used
	// again. Nil goes on with those that are kept.
	Ranges map[string]map[int32]Range
	// Asked is kept with the ranges: what they were made of, for whoever goes on. Optional.
	Asked string
	// Into is the topic to publish to. Defaults to Sink.Topic. With another topic, all records go there, whatever Encode says.
	// It must be no input, retry or dead-letter topic of the pipeline.
	Into string
	// DeadLetterTopic defaults to Sink.DeadLetterTopic. If Into is not Sink.Topic, it defaults to the name of Into with -dead.
	// It must be no input, retry or output topic of the pipeline.
	DeadLetterTopic string
	// Rate is how many input records a second are read at most. Defaults to no limit.
	Rate float64
	// OnProgress is called after each step, by one goroutine at a time. It may keep the status. Optional.
	OnProgress func(ReplayStatus)
}

var replayID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// ReplayIDError says that an ID is not one.
type ReplayIDError struct{ ID string }

// Error implements error.
func (e *ReplayIDError) Error() string {
	return fmt.Sprintf("replay ID %q: write letters, digits, dots, dashes and underscores, 64 at most", e.ID)
}

func checkReplayID(id string) error {
	if !replayID.MatchString(id) {
		return &ReplayIDError{ID: id}
	}
	return nil
}

// Replay publishes what Run would for ranges of the input, exactly once, also where Consumer.Delivery is
// consumer.AtLeastOnce. It ends when each partition was read to the end of its range, or when ctx ends: the status says
// which, and with the same ID another Replay goes on where this one stopped, in this process or another. One that is
// finished does nothing.
//
// It has a consumer group of its own, in which ranges and progress are kept, and leaves the pipeline's alone. One process
// at a time runs an ID: a later one takes over, and the earlier one fails.
//
// Errors beside those of Run: *ReplayRemovedError where retention has removed part of the ranges, *ReplayChangedError
// where the ID was used with others, *ReplayTopicError where the pipeline uses a topic for something else,
// consumer.ErrFenced where another process took over. A Pipeline that replays does not Run.
func (p *Pipeline[E]) Replay(ctx context.Context, r ReplayConfig) (ReplayStatus, error) {
	if err := checkReplayID(r.ID); err != nil {
		return ReplayStatus{}, err
	}
	cfg := p.cfg.replaying(&r)
	if err := r.checkTopics(p.cfg.Sink.Topic, p.cfg.Sink.DeadLetterTopic, p.cfg.Consumer); err != nil {
		return ReplayStatus{}, err
	}
	known, err := cfg.prepare(ctx)
	var kept keptReplay
	if err == nil {
		kept, err = r.keep(ctx, cfg.Consumer.Kafka, cfg.Name)
	}
	switch {
	case err != nil && ended(ctx):
		return kept.ReplayStatus, nil
	case err != nil || kept.Finished():
		return kept.ReplayStatus, err
	}
	cfg.Consumer.Topics, cfg.Consumer.Ends = kept.ends()
	cfg.Workers = min(cfg.Workers, kept.partitions())
	deadLetters := cfg.newDeadLetterLimit()
	deadLetters.Restore(kept.limits)

	running, finish := context.WithCancel(ctx)
	defer finish()
	progress := &replaying{id: r.ID, status: kept.ReplayStatus, on: r.OnProgress, finish: finish}
	if r.Rate > 0 {
		progress.pace = rate.NewLimiter(rate.Limit(r.Rate), cfg.Consumer.MaxRecords)
	}
	err = p.work(running, &worker[E]{cfg: &cfg, limits: known, deadLetters: deadLetters, replay: progress})
	if err == nil && progress.status.Finished() {
		err = progress.status.settle(context.WithoutCancel(ctx), cfg.Consumer.Kafka, cfg.Name)
	}
	return progress.status, err
}

// replaying is the pipeline with the topics, the group and the identity of a replay, whose defaults it fills.
func (c Config[E]) replaying(r *ReplayConfig) Config[E] {
	output := c.Sink.Topic
	r.Into = cmp.Or(r.Into, output)
	if r.Into == output {
		r.DeadLetterTopic = cmp.Or(r.DeadLetterTopic, c.Sink.DeadLetterTopic)
	}
	r.DeadLetterTopic = cmp.Or(r.DeadLetterTopic, r.Into+"-dead")
	c.Sink.Topic, c.Sink.DeadLetterTopic, c.Sink.Replay = r.Into, r.DeadLetterTopic, r.ID
	c.Consumer.Group, c.Consumer.Instance = replayGroup(c.Name, r.ID), "replay-"+r.ID
	c.Consumer.Delivery, c.Consumer.StaticMembership = consumer.ExactlyOnce, false
	c.Retry, c.Consumer.Retry = Retry{}, consumer.Retry{} // The replay ends; nobody would read them.
	c.Consumer.Start = consumer.Start{From: consumer.StartNone}
	if r.Rate > 0 {
		c.Consumer.MaxRecords = min(c.Consumer.MaxRecords, int(max(r.Rate, 1)))
		c.Consumer.MaxPollRecords = c.Consumer.MaxRecords
	}
	if r.Into == output {
		return c
	}
	encode, onLimits := c.Encode, c.OnLimits
	c.Encode = func(row stages.Row[E]) ([]Record, error) {
		records, err := encode(row)
		for i := range records {
			records[i].Topic = ""
		}
		return records, err
	}
	if onLimits != nil {
		c.OnLimits = func(of func(string) int) {
			onLimits(func(string) int { return of(r.Into) })
		}
	}
	return c
}

// replayGroup is the consumer group of a replay.
func replayGroup(pipeline, id string) string { return "loaderline-replay/" + pipeline + "/" + id }

// keep finds what is kept under the ID, or keeps what is asked for. What is to be read is there.
func (r ReplayConfig) keep(ctx context.Context, kafka consumer.Kafka, pipeline string) (keptReplay, error) {
	kept, err := findReplay(ctx, kafka, pipeline, r.ID)
	switch {
	case err != nil:
		return kept, err
	case kept.Ranges == nil && r.Ranges == nil:
		return kept, fmt.Errorf("pipeline %s has no replay %s to go on with; say what to read", pipeline, r.ID)
	case kept.Ranges != nil:
		if err := r.same(kept.ReplayStatus); err != nil {
			return kept, err
		}
		return kept, kept.present(ctx, kafka)
	}
	kept.ReplayStatus = ReplayStatus{ID: r.ID, Ranges: r.Ranges, Asked: r.Asked, Into: r.Into, DeadLetterTopic: r.DeadLetterTopic}
	kept.Positions = map[string]map[int32]int64{}
	for topic, partitions := range r.Ranges {
		kept.Positions[topic] = map[int32]int64{}
		for p, of := range partitions {
			kept.Positions[topic][p] = of.From
		}
	}
	if err := kept.present(ctx, kafka); err != nil {
		return kept, err
	}
	return kept, consumer.SetOffsets(ctx, kafka, replayGroup(pipeline, r.ID), kept.offsets(func(of Range) int64 { return of.From }))
}

// same answers a *ReplayChangedError where the ID was used for something else.
func (r ReplayConfig) same(kept ReplayStatus) error {
	changed := func(what, was, is string) error {
		return &ReplayChangedError{ID: r.ID, What: what, Was: was, Is: is}
	}
	switch {
	case r.Ranges != nil && !sameRanges(r.Ranges, kept.Ranges):
		return changed("ranges", describeRanges(kept.Ranges), describeRanges(r.Ranges))
	case r.Into != kept.Into:
		return changed("topic", kept.Into, r.Into)
	case r.DeadLetterTopic != kept.DeadLetterTopic:
		return changed("dead-letter topic", kept.DeadLetterTopic, r.DeadLetterTopic)
	default:
		return nil
	}
}

// ReplayChangedError says that an ID was used before, for another replay.
type ReplayChangedError struct {
	ID, What, Was, Is string
}

// Error implements error.
func (e *ReplayChangedError) Error() string {
	return fmt.Sprintf("replay %s has another %s: it was begun with %s, and not %s; go on with what it was begun with, or choose another ID",
		e.ID, e.What, e.Was, e.Is)
}

// ReplayRemovedError says that records which were asked for are not there any more.
type ReplayRemovedError struct {
	Topic     string
	Partition int32
	Range     Range // of what was asked for, what is still to be read
	Start     int64 // the offset of the oldest record that is there
}

// Error implements error.
func (e *ReplayRemovedError) Error() string {
	remains := "nothing of it remains"
	if e.Start < e.Range.To {
		remains = fmt.Sprintf("offsets %d to %d remain", e.Start, e.Range.To)
	}
	return fmt.Sprintf("topic %s partition %d: offsets %d to %d were asked for, and retention has removed what is before %d: %s",
		e.Topic, e.Partition, e.Range.From, e.Range.To, e.Start, remains)
}

// present answers *ReplayRemovedErrors where what is still to be read is not there any more.
func (s ReplayStatus) present(ctx context.Context, kafka consumer.Kafka) error {
	extents, err := consumer.Extents(ctx, kafka, s.topics()...)
	if err != nil {
		return err
	}
	var removed []error
	for at, of := range s.each() {
		left := Range{From: max(of.From, s.position(at)), To: of.To}
		if start := extents[at.topic][at.partition].Start; left.Len() > 0 && left.From < start {
			removed = append(removed, &ReplayRemovedError{Topic: at.topic, Partition: at.partition, Range: left, Start: start})
		}
	}
	slices.SortFunc(removed, func(a, b error) int { return cmp.Compare(a.Error(), b.Error()) })
	return errors.Join(removed...)
}
