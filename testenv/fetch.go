package testenv

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/fetch"
)

// fetch asks the partition's leader for what comes at next, for a quarter of a second.
func (c *client) fetch(ctx context.Context, topic string, id int, next int64) (*fetch.ResponsePartition, error) {
	const wait, limit = 250 * time.Millisecond, 4 << 20
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	message, err := c.transport.RoundTrip(ctx, c.Addr, &fetch.Request{
		ReplicaID: -1, MaxWaitTime: int32(wait.Milliseconds()), MinBytes: 1, MaxBytes: limit,
		IsolationLevel: int8(kafka.ReadCommitted), SessionID: -1, SessionEpoch: -1,
		Topics: []fetch.RequestTopic{{Topic: topic, Partitions: []fetch.RequestPartition{{
			Partition: int32(id), CurrentLeaderEpoch: -1, FetchOffset: next, LogStartOffset: -1, PartitionMaxBytes: limit,
		}}}},
	})
	if err != nil {
		return nil, err
	}
	answer, ok := message.(*fetch.Response)
	if !ok || len(answer.Topics) != 1 || len(answer.Topics[0].Partitions) != 1 {
		return nil, errors.New("the answer to the fetch has not the one partition that was asked for")
	}
	partition := &answer.Topics[0].Partitions[0]
	if code := max(answer.ErrorCode, partition.ErrorCode); code != 0 {
		return nil, kafka.Error(code)
	}
	return partition, nil
}

// committed returns the records of an answer that are at next or later and were not aborted.
func committed(answer *fetch.ResponsePartition, id int, next int64) (Batch, error) {
	batch := Batch{Partition: id, Next: next}
	stream, ok := answer.RecordSet.Records.(*protocol.RecordStream)
	if !ok {
		return batch, nil // nothing new.
	}
	aborted := newAbortedTransactions(answer.AbortedTransactions)
	for _, reader := range stream.Records {
		visible := true
		switch b := reader.(type) {
		case *protocol.ControlBatch:
			visible = false
		case *protocol.RecordBatch:
			visible = !b.Attributes.Transactional() || !aborted.holds(b.ProducerID, b.BaseOffset)
		}
		if err := batch.take(reader, visible, aborted); err != nil {
			return Batch{}, err
		}
	}
	return batch, nil
}

// take moves over the records of a reader and keeps the visible, new ones.
func (b *Batch) take(reader protocol.RecordReader, visible bool, aborted *abortedTransactions) error {
	for {
		record, err := reader.ReadRecord()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if control, ok := reader.(*protocol.ControlBatch); ok {
			aborted.end(control.ProducerID, control.BaseOffset) // committed or aborted: what follows is another transaction.
		}
		r := Record{Partition: b.Partition, Offset: record.Offset, Time: record.Time, Headers: record.Headers}
		if r.Key, r.Value, err = readBoth(record); err != nil {
			return err
		}
		if record.Offset < b.Next {
			continue // a batch may begin before the offset that was asked for.
		}
		b.Next = record.Offset + 1
		if visible {
			b.Records = append(b.Records, r)
		}
	}
}

// readBoth reads the key and the value of a record and gives its buffers back.
func readBoth(record *protocol.Record) (key, value []byte, err error) {
	if key, err = readBytes(record.Key); err != nil {
		return nil, nil, err
	}
	if value, err = readBytes(record.Value); err != nil {
		return nil, nil, err
	}
	return key, value, nil
}

// readBytes reads what there is; null is nil.
func readBytes(from protocol.Bytes) ([]byte, error) {
	if from == nil {
		return nil, nil
	}
	to := make([]byte, from.Len())
	_, err := io.ReadFull(from, to)
	return to, errors.Join(err, from.Close())
}
