package pipelinefile

import (
	"slices"
	"time"

	"github.com/loaderline/loaderline/internal/plural"
	"github.com/loaderline/loaderline/internal/strictyaml"
)

// TopicSource is a topic that is a table. Disk is joined with the folder of the pipeline file.
type TopicSource struct {
	Topic string `key:"topic"`
	// Key and Value are the formats of keys and values.
	Key   Format `key:"key"`
	Value Format `key:"value"`
	// KeyFields are paths into the key; empty: the key itself. KeyType has a type for each part; empty: by the format.
	KeyFields    []string      `key:"key_fields"`
	KeyType      []string      `key:"key_type"`
	Envelope     Envelope      `key:"envelope"`
	OnBad        OnBad         `key:"on_bad"`
	Memory       int64         `key:"memory"` // Zero: the default, which depends on Disk.
	Disk         string        `key:"disk"`   // Empty: in memory.
	MaxStaleness time.Duration `key:"max_staleness"`
	Retain       time.Duration `key:"retain"`
}

// OnBad says what becomes of a bad record of a table.
type OnBad string

// What happens to a bad record.
const (
	OnBadStop OnBad = "stop"
	OnBadSkip OnBad = "skip"
)

func topicKeys() []strictyaml.Key {
	return []strictyaml.Key{
		{Path: "sources.*.topic", Type: strictyaml.TypeSection, Doc: "A Kafka topic that is a table, of the brokers of kafka: the last record of a key has its row, and a record without a value removes the row. It is read whole before the first event, and then followed."},
		{Path: "sources.*.topic.topic", Type: strictyaml.TypeString, Required: true, Example: "users", Pattern: topicPattern, PatternDoc: topicWords, Doc: "The topic. It should be compacted."},
		{Path: "sources.*.topic.key", Type: strictyaml.TypeEnum, Default: "text", Enum: words(FormatText, FormatInteger, FormatJSON, FormatAvro, FormatProtobuf, FormatJSONSchema), Doc: "What keys are: text (UTF-8), integer (decimal digits), json, or avro, protobuf or json_schema with the schema IDs of registry."},
		{Path: "sources.*.topic.key_fields", Type: strictyaml.TypeListOrOne, Doc: "The member of the key that is the table's key, or the list of them for a composite key; a path if it is nested. Defaults to the key itself, its only member, or the elements of a list."},
		{Path: "sources.*.topic.key_type", Type: strictyaml.TypeListOrOne, Doc: "The type by which keys are compared; a list for a composite key. Defaults to text for text, bigint for integer, and any for the other formats: a number and a string are then two keys."},
		{Path: "sources.*.topic.value", Type: strictyaml.TypeEnum, Default: "json", Enum: words(FormatJSON, FormatAvro, FormatProtobuf, FormatJSONSchema), Doc: "What values are: json, or avro, protobuf or json_schema with the schema IDs of registry."},
		{Path: "sources.*.topic.envelope", Type: strictyaml.TypeEnum, Default: "auto", Enum: words(EnvelopeAuto, EnvelopeDebezium, EnvelopePlain), Doc: "debezium: values have op, before and after, and after is the row. plain: the value is the row. auto tells them apart by their exact shape; a value that may be both is a bad record."},
		{Path: "sources.*.topic.on_bad", Type: strictyaml.TypeEnum, Default: "stop", Enum: words(OnBadStop, OnBadSkip), Doc: "What happens to a record that is not what key and value say: stop the pipeline with an error that names its offset, or skip and count it."},
		{Path: "sources.*.topic.memory", Type: strictyaml.TypeSize, Min: mib, Max: tib, Doc: "The most memory for keys and rows. A table that outgrows it stops the pipeline. With disk it is for blocks of the files. Defaults to 512MiB, and to 64MiB with disk."},
		{Path: "sources.*.topic.disk", Type: strictyaml.TypePath, Doc: "A folder that keeps the table on disk, with its offsets, so that a restart reads only what is new. Defaults to none: the table is in memory."},
		{Path: "sources.*.topic.max_staleness", Type: strictyaml.TypeDuration, Default: "0s", Min: 0, Max: 24 * hour, Doc: "Events wait while the table is further behind its topic: an event sees everything that was committed so long before it was polled. 0s: they do not wait."},
		{Path: "sources.*.topic.retain", Type: strictyaml.TypeDuration, Default: "0s", Min: 0, Max: 10 * year, Doc: "For how long the former rows of a key are kept, by the timestamps of their records. 0s: only the last row is kept."},
	}
}

// KeyTypes returns the types of the key's parts.
func (t *TopicSource) KeyTypes() []string {
	if len(t.KeyType) > 0 {
		return t.KeyType
	}
	of := "any"
	switch t.Key { //nolint:exhaustive // The others say what their keys are.
	case FormatText:
		of = "text"
	case FormatInteger:
		of = "bigint"
	}
	return slices.Repeat([]string{of}, max(len(t.KeyFields), 1))
}

// checkTopicSource checks a source that is a topic.
func (c *checker) checkTopicSource(key string, t *TopicSource) {
	for _, part := range []struct {
		name   string
		format Format
	}{{"key", t.Key}, {"value", t.Value}} {
		if part.format.HasSchema() && !c.Has("registry") {
			c.Fail(key+"."+part.name, "nothing has the schemas of records in %s; add registry: {url: ...}", part.format)
		}
	}
	if len(t.KeyFields) > 0 && (t.Key == FormatText || t.Key == FormatInteger) {
		c.Fail(key+".key_fields", "a key that is %s has no members; write key: json, or remove key_fields", t.Key)
	}
	if n := len(t.KeyFields); n > 0 && len(t.KeyType) > 0 && n != len(t.KeyType) {
		c.Fail(key+".key_type", "key_type has %d, but key_fields has %d; write one for each, in the same order", len(t.KeyType), n)
	}
	if t.MaxStaleness > 0 && t.MaxStaleness < minStaleness {
		c.Fail(key+".max_staleness", "is too short to ask the brokers for the end of the topic meanwhile; write at least %s, or 0s for no bound", strictyaml.FormatDuration(minStaleness))
	}
	if slices.Contains(c.file.Published(), t.Topic) && c.Valid(key+".topic") {
		c.Fail(key+".topic", "%s is a topic that this pipeline writes to; choose another", c.Scalar(key+".topic"))
	}
}

// minStaleness is the shortest max_staleness.
const minStaleness = 200 * time.Millisecond

// checkTopicStage checks a stage whose source is a topic.
func (c *checker) checkTopicStage(key string, s *Stage, t *TopicSource) {
	if c.Has(key + ".key_type") {
		c.Fail(key+".key_type", "the type of the key is in sources.%s.topic.key_type; remove the key", s.Source)
	}
	types := t.KeyTypes()
	if len(s.By) > 0 && len(s.By) != len(types) {
		c.Fail(key+".by", "by has %s, and the key of source %s has %s; write one path for each part, or set key_fields or key_type of the source", plural.Count(len(s.By), "path"), s.Source, plural.Count(len(types), "part"))
	}
	s.KeyType, s.Cache = types, StageCache{}
}
