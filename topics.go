package loaderline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/kafkaerr"
	"github.com/loaderline/loaderline/internal/topicid"
)

const (
	// topicCheckEvery is how often a run checks that its topics are the ones that it began with.
	topicCheckEvery = 30 * time.Second
	// topicKeepEvery is how often the IDs are kept again. Kafka forgets an offset after seven days by default.
	topicKeepEvery = 12 * time.Hour
)

// usedTopic is a topic of a pipeline, and what the pipeline uses it for.
type usedTopic struct{ name, role string }

// outputTopics returns the topics for enriched records, each once, the one for records without a topic first.
func (c *Config[E]) outputTopics() []string {
	topics := []string{c.envelope.Topic}
	for _, topic := range c.envelope.Topics {
		if !slices.Contains(topics, topic) {
			topics = append(topics, topic)
		}
	}
	return topics
}

// topics returns all topics of the pipeline.
func (c *Config[E]) topics() []usedTopic {
	var all []usedTopic
	for role, names := range map[string][]string{
		"input": c.session.Topics, "retry": c.session.Retry.Topics, "output": c.outputTopics(), "dead-letter": {c.envelope.DeadLetterTopic},
	} {
		for _, name := range names {
			all = append(all, usedTopic{name, role})
		}
	}
	slices.SortFunc(all, func(a, b usedTopic) int { return strings.Compare(a.name, b.name) })
	return all
}

// topicWatch notices that a topic was deleted and created again. At the start it notices what happened since the last run.
// During a run it does not matter whether there is anything to read.
type topicWatch struct {
	kafka  consumer.Kafka
	group  string
	topics []usedTopic
	ids    topicid.IDs // with which the run began
	log    *slog.Logger
	every  time.Duration
	kept   time.Time // when the IDs were kept last
}

// newTopicWatch returns the watch of a run. The configuration must be prepared, so that it has the topic IDs.
func newTopicWatch[E any](cfg *Config[E], every time.Duration) *topicWatch {
	return &topicWatch{
		kafka: cfg.session.Kafka, group: cfg.session.Group, topics: cfg.topics(), ids: topicid.Known(cfg.session.TopicIDs), log: cfg.Logger, every: every,
	}
}

func (w *topicWatch) names() []string {
	names := make([]string, len(w.topics))
	for i, t := range w.topics {
		names[i] = t.name
	}
	return slices.Compact(names)
}

// begin compares the topics with those of the last run, and keeps their IDs for the next one.
func (w *topicWatch) begin(ctx context.Context) error {
	before, err := topicid.Load(ctx, w.kafka, w.group)
	if err != nil {
		return err
	}
	if err := w.recreated(before, w.ids); err != nil {
		return err
	}
	return w.keep(ctx)
}

func (w *topicWatch) keep(ctx context.Context) error {
	unkept, err := topicid.Keep(ctx, w.kafka, w.group, w.ids)
	if err != nil {
		return err
	}
	if len(unkept) > 0 && w.kept.IsZero() {
		w.log.LogAttrs(ctx, slog.LevelWarn, "a restart will not notice that a topic was deleted and created again: allow this user to read the group and the dead-letter topic",
			slog.String("group", topicid.Group(w.group)), slog.Any("topics", unkept))
	}
	w.kept = time.Now()
	return nil
}

// run returns when ctx ends. It returns an error when a topic is not the one that the run began with.
func (w *topicWatch) run(ctx context.Context) error {
	tick := time.NewTicker(w.every)
	defer tick.Stop()
	gone := false
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		now, err := topicid.List(ctx, w.kafka, w.names())
		missing, isMissing := errors.AsType[*kafkaerr.TopicMissingError](err)
		switch {
		case isMissing && gone:
			return fmt.Errorf("a topic was deleted while the pipeline ran: %w", missing)
		case isMissing:
			gone = true // A broker that has just started may not know it yet.
			continue
		case err != nil:
			gone = false
			continue // The sessions say that Kafka cannot be reached.
		}
		gone = false
		if err := w.recreated(w.ids, now); err != nil {
			return err
		}
		if time.Since(w.kept) < topicKeepEvery {
			continue
		}
		if err := w.keep(ctx); err != nil && !ended(ctx) {
			w.log.LogAttrs(ctx, slog.LevelWarn, "the IDs of the topics were not kept; the next start may not notice that a topic was created again", slog.Any("error", err))
		}
	}
}

// recreated returns a *kafkaerr.TopicRecreatedError for each topic that has another ID than before.
func (w *topicWatch) recreated(before, now topicid.IDs) error {
	var problems []error
	for _, name := range before.Changed(now) {
		i := slices.IndexFunc(w.topics, func(t usedTopic) bool { return t.name == name })
		problems = append(problems, &kafkaerr.TopicRecreatedError{Topic: name, Role: w.topics[i].role})
	}
	return errors.Join(problems...)
}

// AcceptTopics accepts topics of a consumer group as they are now: a topic that was deleted and created again no longer
// ends Run. It sets no offsets. Errors: consumer.ErrUnreachable, consumer.ErrTopicMissing, and errors of the cluster.
func AcceptTopics(ctx context.Context, kafka consumer.Kafka, group string, topics ...string) error {
	now, err := topicid.List(ctx, kafka, topics)
	if err != nil {
		return err
	}
	before, err := topicid.Load(ctx, kafka, group)
	if err != nil {
		return err
	}
	return topicid.Accept(ctx, kafka, group, before, now)
}
