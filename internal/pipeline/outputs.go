package pipeline

import "github.com/loaderline/loaderline"

// outputs is the memory of what is made of one micro-batch. All of it is published together, and so is let go of together.
type outputs struct {
	renderer renderer
	record   [1]loaderline.Record // of the row at hand
	free     []byte               // the rest of a block
	tails    []tail               // the rest of those of a block
	pieces   int                  // outputs that are still to come, at most
}

const (
	// blockBytes is large beside one output, so that few of them are blocks of their own, and small beside those of a full
	// micro-batch.
	blockBytes = 256 << 10
	blockTails = 256
)

func newOutputs(events, stages int) *outputs {
	return &outputs{renderer: renderer{cursors: make([]cursor, stages)}, pieces: events}
}

// take is an empty slice with room for n bytes.
func (o *outputs) take(n int) []byte {
	if len(o.free) < n {
		o.free = make([]byte, max(n, min(n*o.pieces, blockBytes)))
	}
	o.pieces--
	taken := o.free[:0:n]
	o.free = o.free[n:]
	return taken
}

func (o *outputs) tail() *tail {
	if len(o.tails) == 0 {
		o.tails = make([]tail, max(1, min(o.pieces, blockTails)))
	}
	t := &o.tails[0]
	o.tails = o.tails[1:]
	return t
}
