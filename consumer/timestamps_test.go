package consumer_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// publishTimes publishes a batch with a record for each timestamp, which may be one
// that the client cannot hold.
func (w *world) publishTimes(compressed bool, times ...int64) {
	w.t.Helper()
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
			w.t.Fatal(err)
		}
		buffer, codec := compressor.Compress(&bytes.Buffer{}, b.Records)
		b.Records, b.Attributes = buffer, int16(codec)
	}
	raw := b.AppendTo(nil)
	binary.BigEndian.PutUint32(raw[8:], uint32(len(raw)-12))
	binary.BigEndian.PutUint32(raw[17:], crc32.Checksum(raw[21:], crc32.MakeTable(crc32.Castagnoli)))
	req := kmsg.NewPtrProduceRequest()
	req.Acks, req.TimeoutMillis = -1, 5000
	topic, partition := kmsg.NewProduceRequestTopic(), kmsg.NewProduceRequestTopicPartition()
	topic.Topic, topic.TopicID, partition.Records = "in", w.topicID("in"), raw
	topic.Partitions = append(topic.Partitions, partition)
	req.Topics = append(req.Topics, topic)
	resp, err := req.RequestWith(w.t.Context(), w.cl)
	if err != nil || resp.Topics[0].Partitions[0].ErrorCode != 0 {
		w.t.Fatalf("publish: %v, %+v", err, resp)
	}
}

// TestTimestampsAreWhatTheLogHas, whatever the client makes of them.
func TestTimestampsAreWhatTheLogHas(t *testing.T) {
	t.Parallel()
	const now = int64(1764345600000)
	times := []int64{now, 0, -1, now * 1000, now + 1, now * 1_000_000, math.MaxInt64, math.MinInt64, 1 << 58, now + 2}
	for _, compressed := range []bool{false, true} {
		t.Run(fmt.Sprintf("compressed %t", compressed), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 1)
			w.publishTimes(compressed, times...)
			for _, at := range times { // Each in a batch of its own, too.
				w.publishTimes(compressed, at)
			}
			s := w.open(w.config())
			var want, got []string
			for len(got) < 2*len(times) {
				batch := poll(t, s)
				for _, r := range batch {
					want = append(want, string(r.Value))
					got = append(got, fmt.Sprint(r.Timestamp.UnixMilli()))
				}
				commit(t, s, nil)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("timestamps (-want +got):\n%s", diff)
			}
		})
	}
}
