// Package recordtime reads the timestamps of records as they are in the log: any number of milliseconds. The client keeps
// nanoseconds in 64 bits. A timestamp that does not fit, such as one in microseconds, becomes another time.
package recordtime

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// None is the timestamp of a record that has none, as Kafka writes it.
const None = -1

// Doubtful reports whether the client may have read another timestamp than the log has. A timestamp that overflowed is seldom a
// whole number of milliseconds. Some come out as 0 or a negative number, which genuine timestamps seldom are.
func Doubtful(t time.Time) bool {
	return t.Nanosecond()%int(time.Millisecond) != 0 || t.UnixMilli() <= 0
}

// Fits reports whether the client can publish a timestamp.
func Fits(t time.Time) bool {
	ms := t.UnixMilli()
	return ms*int64(time.Millisecond)/int64(time.Millisecond) == ms
}

const (
	batchPrefix   = 12 // of a batch before what its length counts
	magicAt       = 16
	codecBits     = 0b0111
	appendTimeBit = 0b1000
	maxRecord     = 1 << 30
)

// Read returns the timestamps of the records in record batches, by offset. It leaves out a batch that is cut off, and batches
// that begin behind last: nobody knows yet how large they are after decompression.
func Read(batches []byte, last int64) (map[int64]int64, error) {
	times := map[int64]int64{}
	for len(batches) > magicAt {
		size := batchPrefix + int(binary.BigEndian.Uint32(batches[8:]))
		if size > len(batches) || int64(binary.BigEndian.Uint64(batches)) > last {
			break
		}
		if magic := batches[magicAt]; magic != 2 {
			return nil, fmt.Errorf("the record has message format %d, whose timestamps cannot be read", magic)
		}
		var batch kmsg.RecordBatch
		if err := batch.ReadFrom(batches[:size]); err != nil {
			return nil, fmt.Errorf("read a record batch: %w", err)
		}
		if err := readBatch(&batch, times); err != nil {
			return nil, fmt.Errorf("read the record batch at offset %d: %w", batch.FirstOffset, err)
		}
		batches = batches[size:]
	}
	return times, nil
}

func readBatch(batch *kmsg.RecordBatch, times map[int64]int64) error {
	records, err := kgo.DefaultDecompressor().Decompress(batch.Records, kgo.CompressionCodecType(batch.Attributes&codecBits))
	if err != nil {
		return err
	}
	for range batch.NumRecords {
		length, used := binary.Varint(records)
		end := int64(used) + length
		if used <= 0 || length < 0 || length > maxRecord || end > int64(len(records)) {
			return errors.New("a record is cut off")
		}
		var r kmsg.Record
		if err := r.ReadFrom(records[:end]); err != nil {
			return err
		}
		at := batch.FirstTimestamp + r.TimestampDelta64
		if batch.Attributes&appendTimeBit != 0 {
			at = batch.MaxTimestamp
		}
		times[batch.FirstOffset+int64(r.OffsetDelta)] = at
		records = records[end:]
	}
	return nil
}
