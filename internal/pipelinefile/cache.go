package pipelinefile

import (
	"slices"
	"time"
)

// Cache is the cache that all stages of a process share.
type Cache struct {
	Memory     int64         `key:"memory"`
	TTL        time.Duration `key:"ttl"`
	Disk       *Disk         `key:"disk"`       // nil: none.
	Redis      *CacheRedis   `key:"redis"`      // nil: none.
	Invalidate *Invalidate   `key:"invalidate"` // nil: rows are kept for their time.
}

// Invalidate says how a process learns that rows have changed. It has a Topic
// or Changes, or both.
type Invalidate struct {
	Topic   string   `key:"topic"` // Empty: none.
	Wait    bool     `key:"wait"`
	Changes []Change `key:"changes"`
}

// CommandTopic is the topic for commands; empty where there is none.
func (i *Invalidate) CommandTopic() string {
	if i == nil {
		return ""
	}
	return i.Topic
}

// OfOthers reports whether loaderline does not create the topic: it has change records or is a table, and its writer creates it.
func (f *File) OfOthers(topic string) bool {
	return slices.Contains(slices.Concat(f.Cache.Invalidate.Topics(), f.Tables()), topic) && topic != f.Cache.Invalidate.CommandTopic() &&
		!slices.Contains(f.OutputTopics(), topic) && topic != f.DeadLetter.Topic && !slices.Contains(f.Input.Topics, topic)
}

// Topics returns the topics to read, each once: the one for commands, then those with changes.
func (i *Invalidate) Topics() []string {
	if i == nil {
		return nil
	}
	var topics []string
	if i.Topic != "" {
		topics = append(topics, i.Topic)
	}
	for _, c := range i.Changes {
		if !slices.Contains(topics, c.Topic) {
			topics = append(topics, c.Topic)
		}
	}
	return topics
}

// Change says whose rows have changed where a topic has a record.
type Change struct {
	Topic string   `key:"topic"`
	Table string   `key:"table"` // Empty: whatever the table.
	Key   []string `key:"key"`   // Paths into the row; empty: the record's key.
	// Stages are names of stages.
	Stages []string `key:"stages"`
	// Envelope and OldKey settle what a record does not say for certain.
	Envelope Envelope `key:"envelope"`
	OldKey   OldKey   `key:"old_key"`
	// Format is what values are: FormatJSON, FormatAvro or FormatJSONSchema.
	Format Format `key:"format"`
}

// Tiers are the names of the caches below the memory, fastest first.
func (c Cache) Tiers() []string {
	var tiers []string
	if c.Disk != nil {
		tiers = append(tiers, "disk")
	}
	if c.Redis != nil {
		tiers = append(tiers, "redis")
	}
	return tiers
}

// Disk is the cache on disk below the memory. The path in the file is relative
// to the pipeline file; here it is joined with its folder.
type Disk struct {
	Path     string `key:"path"`
	MaxBytes int64  `key:"max_bytes"`
	Memory   int64  `key:"memory"`
}
