package invalidation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/changerecord"
	"github.com/loaderline/loaderline/stages/lookup"
)

// Cache is what is invalidated. It is safe for concurrent use.
type Cache interface {
	// Keys are the keys of a stage that the JSON values of a key's parts stand for.
	Keys(stage string, parts ...[]byte) ([]lookup.Key, error)
	// Invalidate makes the cache forget keys of a stage, for good when it returns.
	Invalidate(ctx context.Context, stage string, keys ...lookup.Key)
	// InvalidateAll does to all keys of a stage what Invalidate does to some.
	InvalidateAll(ctx context.Context, stage string)
	// Space names what the cache's tiers hold of a stage; empty where they hold nothing.
	Space(stage string) string
}

// Change says what records of a topic mean.
type Change struct {
	Topic   string
	Mapping changerecord.Mapping
	Stages  []string
	// Schemas decodes the records, which are the same for all Changes of a topic. Nil: they are JSON.
	Schemas *changerecord.Schemas
}

// Config says what is invalidated by what. Zero values are defaults where a field says so.
type Config struct {
	// Cache is what is invalidated. Required.
	Cache Cache
	// Pipeline is the name that commands may have. Required.
	Pipeline string
	// Stages are the cached stages, which can be invalidated.
	Stages []string
	// Topic has commands. Defaults to none.
	Topic string
	// Changes are the change topics.
	Changes []Change
	// Logger receives what could not be understood. Defaults to none.
	Logger *slog.Logger
}

// Invalidator applies records and commands to a cache. Do and Counts are safe for concurrent use; the rest is for the one
// Reader.
type Invalidator struct {
	cfg    Config
	feeds  map[string]*feed // by change topic
	counts counts
	log    limitedLog
}

// feed is one change topic.
type feed struct {
	schemas *changerecord.Schemas // nil: records are JSON
	decoder *changerecord.Decoder
	stages  [][]string // by mapping
}

// New makes an Invalidator.
func New(cfg Config) *Invalidator {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	v := &Invalidator{cfg: cfg, feeds: map[string]*feed{}, log: limitedLog{to: cfg.Logger, topics: map[string]*loggedTopic{}}}
	mappings := map[string][]changerecord.Mapping{}
	for _, c := range cfg.Changes {
		if v.feeds[c.Topic] == nil {
			v.feeds[c.Topic] = &feed{schemas: c.Schemas}
		}
		v.feeds[c.Topic].stages = append(v.feeds[c.Topic].stages, c.Stages)
		mappings[c.Topic] = append(mappings[c.Topic], c.Mapping)
	}
	for topic, f := range v.feeds {
		f.decoder = changerecord.NewDecoder(mappings[topic]...)
	}
	return v
}

// Topics are those to read.
func (v *Invalidator) Topics() []string {
	topics := slices.Sorted(maps.Keys(v.feeds))
	if v.cfg.Topic != "" {
		topics = append(topics, v.cfg.Topic)
	}
	return topics
}

// Apply applies records, in order, and returns when the cache has forgotten what they name. What cannot be understood
// makes it forget all that it may have meant. If it returns an error, it has applied none of them.
func (v *Invalidator) Apply(ctx context.Context, records []*kgo.Record) error {
	for topic, f := range v.feeds {
		if f.schemas == nil {
			continue
		}
		if err := f.schemas.Prepare(ctx, topic, records); err != nil {
			return err
		}
	}
	do := work{}
	results := make([]string, len(records))
	for i, r := range records {
		if r.Topic == v.cfg.Topic {
			results[i] = v.command(ctx, r, do)
		} else {
			results[i] = v.change(ctx, r, do)
		}
	}
	v.do(ctx, do)
	for i, r := range records {
		v.counts.record(r.Topic, results[i])
	}
	return nil
}

// Lost makes the cache forget all that a topic may have had a record of.
func (v *Invalidator) Lost(ctx context.Context, topic string) {
	do := work{}
	for _, stage := range v.stagesOf(topic) {
		do.of(stage).all = true
	}
	v.do(ctx, do)
}

// stagesOf are the stages that a topic's records may be about.
func (v *Invalidator) stagesOf(topic string) []string {
	f := v.feeds[topic]
	if f == nil {
		return v.cfg.Stages
	}
	stages := slices.Concat(f.stages...)
	slices.Sort(stages)
	return slices.Compact(stages)
}

// change adds what a change record says.
func (v *Invalidator) change(ctx context.Context, r *kgo.Record, do work) (result string) {
	f := v.feeds[r.Topic]
	if f == nil {
		return Nothing // Of a topic that nobody asked for.
	}
	result = Nothing
	for _, c := range f.decoder.Decode(f.schemas.Decode(r)) {
		for _, stage := range f.stages[c.Mapping] {
			err := c.Unclear
			for _, key := range c.Keys {
				if keyErr := do.add(v.cfg.Cache, stage, key); keyErr != nil {
					// Its text would quote the value.
					err = fmt.Errorf("a value in it cannot be a key of stage %s: is it written as events have it?", stage)
				}
			}
			if c.All || err != nil {
				do.of(stage).all = true
			}
			if err != nil {
				result = Unclear
				v.log.unclear(ctx, r, []string{stage}, err)
			} else if result == Nothing {
				result = Applied
			}
		}
	}
	return result
}

// command adds what a command says. A key that cannot be one cannot be cached either: keys of commands are written as
// events have them. So nothing has to be forgotten for it.
func (v *Invalidator) command(ctx context.Context, r *kgo.Record, do work) (result string) {
	c, err := ParseCommand(r.Value)
	if err != nil { // Its text may quote the record.
		v.log.unclear(ctx, r, v.cfg.Stages, errors.New("it is not a command, such as "+example))
		for _, stage := range v.cfg.Stages {
			do.of(stage).all = true
		}
		return Unclear
	}
	if c.Pipeline != "" && c.Pipeline != v.cfg.Pipeline || !slices.Contains(v.cfg.Stages, c.Stage) {
		return Nothing
	}
	if c.All {
		do.of(c.Stage).all = true
	}
	result = Applied
	for _, key := range c.Keys {
		if err := v.addKey(do, c.Stage, key); err != nil {
			result = Unclear
			v.log.unclear(ctx, r, nil, fmt.Errorf("a key in it cannot be a key of stage %s", c.Stage))
		}
	}
	return result
}

func (v *Invalidator) addKey(do work, stage string, key jsontext.Value) error {
	parts, err := partsOf(key)
	if err != nil {
		return err
	}
	return do.add(v.cfg.Cache, stage, parts)
}
