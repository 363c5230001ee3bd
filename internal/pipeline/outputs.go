package pipeline

import (
	"sync"

	"github.com/loaderline/loaderline"
)

// outputs is the memory of what is made of one micro-batch. All of it is published together, and so is let go of together.
type outputs struct {
	renderer renderer
	record   [1]loaderline.Record // of the row at hand
	free     []byte               // the rest of the last block
	blocks   [][]byte             // of blockBytes each, taken
	spare    [][]byte             // the same, not yet taken
	tails    []tail               // the rest of those of a block
	pieces   int                  // outputs that are still to come, at most
}

const (
	// blockBytes is large beside one output, so that few of them are blocks of their own, and small beside those of a full
	// micro-batch.
	blockBytes = 256 << 10
	blockTails = 256
)

// take is an empty slice with room for n bytes.
func (o *outputs) take(n int) []byte {
	if len(o.free) < n {
		o.free = o.block(n)
	}
	o.pieces--
	taken := o.free[:0:n]
	o.free = o.free[n:]
	return taken
}

// block has n bytes, and where it can as many as all outputs that are still to come.
func (o *outputs) block(n int) []byte {
	size := max(n, min(n*o.pieces, blockBytes))
	if size != blockBytes {
		return make([]byte, size)
	}
	var block []byte
	if last := len(o.spare) - 1; last >= 0 {
		block, o.spare = o.spare[last], o.spare[:last]
	} else {
		block = make([]byte, size)
	}
	o.blocks = append(o.blocks, block)
	return block
}

func (o *outputs) tail() *tail {
	if len(o.tails) == 0 {
		o.tails = make([]tail, max(1, min(o.pieces, blockTails)))
	}
	t := &o.tails[0]
	o.tails = o.tails[1:]
	return t
}

// spareOutputs are those of micro-batches that were published.
type spareOutputs struct{ pool sync.Pool }

func (s *spareOutputs) outputs(events, stages int) *outputs {
	o, ok := s.pool.Get().(*outputs)
	if !ok {
		o = &outputs{}
	}
	o.renderer.cursors = make([]cursor, stages)
	o.pieces = events
	return o
}

// put takes outputs back whose blocks nobody reads any more.
func (s *spareOutputs) put(o *outputs) {
	*o = outputs{renderer: renderer{scratch: o.renderer.scratch}, spare: append(o.spare, o.blocks...)}
	s.pool.Put(o)
}
