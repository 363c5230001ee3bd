// Package recordtimetest publishes records whose timestamps the client cannot hold.
package recordtimetest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Publish publishes a batch to partition 0 of a topic, with a record for each timestamp in milliseconds, whose value is the
// timestamp.
func Publish(t *testing.T, client *kgo.Client, topic string, compressed bool, times ...int64) {
	t.Helper()
	topics, err := kadm.NewClient(client).ListTopics(t.Context(), topic)
	if err != nil {
		t.Fatal(err)
	}
	req := kmsg.NewPtrProduceRequest()
	req.Acks, req.TimeoutMillis = -1, 5000
	to, partition := kmsg.NewProduceRequestTopic(), kmsg.NewProduceRequestTopicPartition()
	to.Topic, to.TopicID, partition.Records = topic, topics[topic].ID, batch(t, compressed, times)
	to.Partitions = append(to.Partitions, partition)
	req.Topics = append(req.Topics, to)
	resp, err := req.RequestWith(t.Context(), client)
	if err != nil || resp.Topics[0].Partitions[0].ErrorCode != 0 {
		t.Fatalf("publish: %v, %+v", err, resp)
	}
}

func batch(t *testing.T, compressed bool, times []int64) []byte {
	t.Helper()
	b := kmsg.NewRecordBatch()
	b.Magic, b.NumRecords, b.LastOffsetDelta = 2, int32(len(times)), int32(len(times)-1)
	b.PartitionLeaderEpoch, b.ProducerID, b.ProducerEpoch, b.FirstSequence = -1, -1, -1, -1
	b.FirstTimestamp = times[0]
	for i, at := range times {
		r := kmsg.NewRecord()
		r.OffsetDelta, r.TimestampDelta64, r.Value = int32(i), at-times[0], fmt.Appendf(nil, "%d", at)
		body := r.AppendTo(nil)
		_, used := binary.Varint(body)
		r.Length = int32(len(body) - used)
		b.Records = r.AppendTo(b.Records)
		b.MaxTimestamp = max(b.MaxTimestamp, at)
	}
	if compressed {
		compressor, err := kgo.DefaultCompressor(kgo.GzipCompression())
		if err != nil {
			t.Fatal(err)
		}
		buffer, codec := compressor.Compress(&bytes.Buffer{}, b.Records)
		b.Records, b.Attributes = buffer, int16(codec)
	}
	raw := b.AppendTo(nil)
	binary.BigEndian.PutUint32(raw[8:], uint32(len(raw)-12))
	binary.BigEndian.PutUint32(raw[17:], crc32.Checksum(raw[21:], crc32.MakeTable(crc32.Castagnoli)))
	return raw
}
