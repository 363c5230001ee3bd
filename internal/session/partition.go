package session

import "github.com/twmb/franz-go/pkg/kgo"

// Partition is how a partition is chosen for the records given to Commit.
type Partition int

const (
	// ByKey hashes the key with murmur2, as Java clients do. Records without
	// a key go to any partition.
	ByKey Partition = iota
	// Preset takes the record's Partition field as it is, and treats a
	// negative one as ByKey.
	Preset
)

func (p Partition) partitioner() kgo.Partitioner {
	byKey := kgo.StickyKeyPartitioner(nil)
	if p == Preset {
		return presetPartitioner{byKey}
	}
	return byKey
}

type presetPartitioner struct {
	byKey kgo.Partitioner
}

// ForTopic implements kgo.Partitioner.
func (p presetPartitioner) ForTopic(topic string) kgo.TopicPartitioner {
	return presetTopicPartitioner{p.byKey.ForTopic(topic)}
}

type presetTopicPartitioner struct {
	byKey kgo.TopicPartitioner
}

// RequiresConsistency implements kgo.TopicPartitioner.
func (p presetTopicPartitioner) RequiresConsistency(r *kgo.Record) bool {
	return r.Partition >= 0 || p.byKey.RequiresConsistency(r)
}

// Partition implements kgo.TopicPartitioner.
func (p presetTopicPartitioner) Partition(r *kgo.Record, n int) int {
	if r.Partition >= 0 {
		return int(r.Partition)
	}
	return p.byKey.Partition(r, n)
}

// OnNewBatch implements kgo.TopicPartitionerOnNewBatch, which moves records
// without a key on to another partition.
func (p presetTopicPartitioner) OnNewBatch() {
	if next, ok := p.byKey.(kgo.TopicPartitionerOnNewBatch); ok {
		next.OnNewBatch()
	}
}
