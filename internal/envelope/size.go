package envelope

import (
	"math/bits"

	"github.com/twmb/franz-go/pkg/kgo"
)

// batchOverhead is a record batch without records, with the length field that
// the producer counts too.
const batchOverhead = 4 + 61

// WireSize returns the size in bytes of an uncompressed batch that holds r alone. Producers and brokers compare this
// size with max.message.bytes.
func WireSize(r *kgo.Record) int {
	const attributes, timestampDelta, offsetDelta = 1, 1, 1
	n := attributes + timestampDelta + offsetDelta +
		field(len(r.Key)) + field(len(r.Value)) + varintLen(len(r.Headers))
	for i := range r.Headers {
		n += field(len(r.Headers[i].Key)) + field(len(r.Headers[i].Value))
	}
	return batchOverhead + varintLen(n) + n
}

func field(n int) int { return varintLen(n) + n }

// varintLen is the length of n as a zigzag varint.
func varintLen(n int) int {
	return (bits.Len64(uint64(n)<<1|1) + 6) / 7
}
