package loaderline

import (
	"cmp"
	"context"

	"golang.org/x/time/rate"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/replaystate"
	"github.com/loaderline/loaderline/internal/session"
	"github.com/loaderline/loaderline/replay"
	"github.com/loaderline/loaderline/stages"
)

// Replay publishes what Run would for ranges of the input, exactly once, even if Consumer.Delivery is
// consumer.AtLeastOnce. It ends when each partition was read to the end of its range, or when ctx ends; the status says
// which. Another Replay with the same ID continues where this one stopped, in this process or another. A finished
// replay does nothing.
//
// It keeps ranges and progress in its own consumer group, and does not touch the pipeline's. Only one process at a time
// runs an ID: a later one takes over, and the earlier one fails.
//
// Errors: what Run returns, replay.ErrRemoved if retention has removed part of the ranges, replay.ErrChanged if the
// ID was used with other ranges or topics, replay.ErrTopic if the pipeline uses a topic for something else,
// consumer.ErrFenced if another process took over. A Pipeline that replays does not Run.
func (p *Pipeline[E]) Replay(ctx context.Context, r replay.Config) (replay.Status, error) {
	if err := replaystate.CheckID(r.ID); err != nil {
		return replay.Status{}, err
	}
	cfg := p.cfg.replaying(&r)
	own := replaystate.Topics{
		Inputs: p.cfg.session.Topics, Retries: p.cfg.session.Retry.Topics, Outputs: p.cfg.outputTopics(), DeadLetters: p.cfg.envelope.DeadLetterTopic,
	}
	if err := own.Check(r); err != nil {
		return replay.Status{}, err
	}
	known, err := cfg.prepare(ctx)
	var state replaystate.State
	if err == nil {
		state, err = replaystate.Begin(ctx, cfg.session.Kafka, cfg.Name, r)
	}
	switch {
	case err != nil && ended(ctx):
		return state.Status, nil
	case err != nil || state.Finished():
		return state.Status, err
	}
	cfg.session.Topics, cfg.session.Ends = state.Ends()
	cfg.Workers = min(cfg.Workers, state.Unfinished())
	deadLetters := cfg.newDeadLetterLimit()
	deadLetters.Restore(state.Checkpoints)

	running, finish := context.WithCancel(ctx)
	defer finish()
	progress := &replaying{id: r.ID, state: state, on: r.OnProgress, finish: finish}
	if r.Rate > 0 {
		progress.pace = rate.NewLimiter(rate.Limit(r.Rate), cfg.session.MaxRecords)
	}
	err = p.work(running, &worker[E]{cfg: &cfg, limits: known, deadLetters: deadLetters, replay: progress})
	if err == nil && progress.state.Finished() {
		err = progress.state.Finish(context.WithoutCancel(ctx), cfg.session.Kafka, cfg.Name)
	}
	return progress.state.Status, err
}

// FindReplay returns the stored status of a replay of a pipeline. If it has no Ranges, there is no such replay: it was
// never begun, or Kafka has deleted the offsets of its group, which was unused for long. Errors: replay.ErrID,
// consumer.ErrUnreachable, and errors of the cluster.
func FindReplay(ctx context.Context, kafka consumer.Kafka, pipeline, id string) (replay.Status, error) {
	if err := replaystate.CheckID(id); err != nil {
		return replay.Status{}, err
	}
	state, err := replaystate.Find(ctx, kafka, pipeline, id)
	return state.Status, err
}

// replaying returns the pipeline with the topics, the group and the identity of a replay, and fills the replay's defaults.
func (c Config[E]) replaying(r *replay.Config) Config[E] {
	output := c.envelope.Topic
	r.Into = cmp.Or(r.Into, output)
	if r.Into == output {
		r.DeadLetterTopic = cmp.Or(r.DeadLetterTopic, c.envelope.DeadLetterTopic)
	}
	r.DeadLetterTopic = cmp.Or(r.DeadLetterTopic, r.Into+"-dead")
	c.envelope.Topic, c.envelope.DeadLetterTopic, c.envelope.Replay = r.Into, r.DeadLetterTopic, r.ID
	c.session.Group, c.session.Instance = replaystate.Group(c.Name, r.ID), "replay-"+r.ID
	c.session.Delivery, c.session.StaticMembership = consumer.ExactlyOnce, false
	c.Retry, c.session.Retry = Retry{}, session.Retry{} // The replay ends; nobody would read them.
	c.session.Start = consumer.Start{From: consumer.StartNone}
	if r.Rate > 0 {
		c.session.MaxRecords = min(c.session.MaxRecords, int(max(r.Rate, 1)))
		c.session.MaxPollRecords = c.session.MaxRecords
	}
	if r.Into == output {
		return c
	}
	c.envelope.Topics = nil
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
