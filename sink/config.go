package sink

// Partition is how an enriched record finds its partition.
type Partition int

const (
	// ByKey chooses the partition by the record's key, as Kafka's own producers do.
	ByKey Partition = iota
	// BySource takes the partition of the input record.
	BySource
)

// Source says which headers of an enriched record name its input record. Dead letters and records in retry topics
// always have the headers of SourceFull.
type Source int

const (
	// SourceShort is HeaderSource. The timestamp of the input record is the record's own.
	SourceShort Source = iota
	// SourceFull is HeaderSourceTopic, HeaderSourcePartition, HeaderSourceOffset and HeaderSourceTimestamp. They cost more, see
	// docs/output.md.
	SourceFull
	// SourceNone is no header.
	SourceNone
)

// Config says where outcomes go.
type Config struct {
	// Topic is the topic for enriched records whose Topic is empty. Required.
	Topic string
	// Topics are the other topics that records of Encode may name. That they exist, how large their records may be, and that
	// nobody has created them again is checked as it is for Topic. Records that name yet another topic are published too, but
	// nothing is known about it. Defaults to none.
	Topics []string
	// DeadLetterTopic is the topic for dead letters, partitioned by key. Required.
	DeadLetterTopic string
	// Partition chooses the partition of enriched records. Defaults to ByKey.
	Partition Partition
	// Source chooses the headers that name the input record. Defaults to SourceShort.
	Source Source
	// OwnKeys says that a nil Key of an enriched record is no key, and not the key of the input. Tombstones that are
	// forwarded keep theirs. Defaults to false.
	OwnKeys bool
	// DropHeader reports whether enriched records and forwarded tombstones do not get a header of the input, by its name. It is for headers
	// that say how the input's value was written. Dead letters and records in retry topics have all headers. Defaults to none.
	DropHeader func(name string) bool
}
