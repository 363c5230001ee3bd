package sink

// Partition is how an enriched record finds its partition.
type Partition int

const (
	// ByKey chooses the partition by the record's key, as Kafka's own producers do.
	ByKey Partition = iota
	// BySource takes the partition of the input record.
	BySource
)

// Config says where outcomes go.
type Config struct {
	// Topic is the topic for enriched records whose Topic is empty. Required.
	Topic string
	// DeadLetterTopic is the topic for dead letters, partitioned by key. Required.
	DeadLetterTopic string
	// Partition chooses the partition of enriched records. Defaults to ByKey.
	Partition Partition
}
