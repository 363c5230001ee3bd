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
	// Topic is where enriched records go that name no topic. Required.
	Topic string
	// DeadLetterTopic is where dead letters go, to a partition by key. Required.
	DeadLetterTopic string
	// Partition is for enriched records. Defaults to ByKey.
	Partition Partition
}
