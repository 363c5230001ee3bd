package topiclookup

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/loaderline/loaderline/internal/kafkaadmin"
	"github.com/loaderline/loaderline/internal/plural"
)

// defaultTombstones is Kafka's own default of delete.retention.ms.
const defaultTombstones = 24 * time.Hour

// inspectTime bounds the question for the configuration of a topic.
const inspectTime = 5 * time.Second

// policy is what the configuration of a topic says about how long it keeps records.
type policy map[string]string

// readPolicy asks for the configuration of a topic. A user who may not read it has none.
func readPolicy(ctx context.Context, admin *kadm.Client, topic string) (policy, error) {
	configs, err := admin.DescribeTopicConfigs(ctx, topic)
	if err != nil {
		return nil, err
	}
	config, err := configs.On(topic, nil)
	if err != nil {
		return nil, err
	}
	if config.Err != nil {
		return nil, config.Err
	}
	p := policy{}
	for _, entry := range config.Configs {
		if entry.Value != nil {
			p[entry.Key] = *entry.Value
		}
	}
	return p, nil
}

// milliseconds is a time of the configuration. It is negative if it has no end, and fallback if it is not known.
func (p policy) milliseconds(name string, fallback time.Duration) time.Duration {
	n, err := strconv.ParseInt(p[name], 10, 64)
	switch {
	case err != nil:
		return fallback
	case n > int64(1<<62/time.Millisecond):
		return -1
	}
	return time.Duration(n) * time.Millisecond
}

func (p policy) has(of string) bool {
	return strings.Contains(p["cleanup.policy"], of)
}

// warning says why the topic may not keep what the table needs; empty if nothing is known to.
func (p policy) warning(retain time.Duration) string {
	const forever = time.Duration(-1)
	retention := p.milliseconds("retention.ms", forever)
	bounded := retention >= 0 || p["retention.bytes"] != "" && p["retention.bytes"] != "-1"
	switch lag := p.milliseconds("min.compaction.lag.ms", forever); {
	case p.has("delete") && !p.has("compact") && bounded && retain == 0:
		return "the topic is not compacted, so rows disappear from it although they are valid: set cleanup.policy=compact"
	case p.has("delete") && bounded && (retention < retain || p["retention.bytes"] != "-1") && retain > 0:
		return fmt.Sprintf("the topic deletes records that are younger than retain, %s: raise its retention.ms and retention.bytes", retain)
	case p.has("compact") && retain > 0 && lag >= 0 && lag < retain:
		return fmt.Sprintf("the topic compacts records that are younger than retain, %s, so that versions are missing after the next reading: raise its min.compaction.lag.ms", retain)
	}
	return ""
}

// inspect warns of a topic that may not keep what the table needs, and returns for how long the topic keeps tombstones.
func inspect(ctx context.Context, cfg *Config) time.Duration {
	client, err := kafkaadmin.NewClient(cfg.Kafka)
	if err != nil {
		return defaultTombstones
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(ctx, inspectTime)
	defer cancel()
	p, err := readPolicy(ctx, kadm.NewClient(client), cfg.Topic)
	if err != nil {
		cfg.Logger.LogAttrs(ctx, slog.LevelInfo, "the configuration of the topic cannot be read; Kafka's defaults are assumed", slog.Any("error", err))
		return defaultTombstones
	}
	if warning := p.warning(cfg.Retain); warning != "" {
		cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "the topic may not keep what the table needs", slog.String("reason", warning))
	}
	if kept := p.milliseconds("delete.retention.ms", defaultTombstones); kept >= 0 {
		return kept
	}
	return math.MaxInt64
}

// describe says what a topic is, for people. warning says why it may not keep what the table needs.
func describe(ctx context.Context, cfg *Config) (detail, warning string, err error) {
	client, err := kafkaadmin.Connect(ctx, cfg.Kafka)
	if err != nil {
		return "", "", err
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	if _, err := kafkaadmin.TopicDetails(ctx, admin, cfg.Kafka, []string{cfg.Topic}); err != nil {
		return "", "", err
	}
	extents, err := kafkaadmin.CommittedExtents(ctx, admin, cfg.Topic)
	if err != nil {
		return "", "", err
	}
	var offsets int64
	for _, x := range extents[cfg.Topic] {
		offsets += x.End - x.Start
	}
	if p, err := readPolicy(ctx, admin, cfg.Topic); err == nil {
		warning = p.warning(cfg.Retain)
	}
	return fmt.Sprintf("topic %s has %s in %s", cfg.Topic, plural.Count(int(offsets), "offset"), plural.Count(len(extents[cfg.Topic]), "partition")), warning, nil
}
