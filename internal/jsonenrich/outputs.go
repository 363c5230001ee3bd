package jsonenrich

import (
	"slices"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline"
)

// outputs is the memory for the outputs of one run. All of them are published together, so their memory is freed together.
type outputs struct {
	renderer   renderer
	evaluation evaluation
	record     [1]loaderline.Record // of the current row
	records    []loaderline.Record  // of the current row, where there may be any number
	headers    []kgo.RecordHeader   // of records
	free       []byte               // the rest of the last block
	blocks     [][]byte             // of blockBytes each, in use
	spare      [][]byte             // of blockBytes each, not in use
	encoded    []encoded            // the rest of an allocation of several
	groups     []*encoded           // by stages.Row.Group; nil is not encoded yet
	left       int                  // the most outputs that are still to come
	further    bool                 // the JSON of outputs is encoded further
	json       []byte               // of the current output, if it is encoded further
	bytes      []byte               // what becomes of json
}

const (
	// blockBytes is much larger than most outputs, so that few of them have a block of their own, and much smaller than the
	// outputs of a full micro-batch.
	blockBytes = 256 << 10
	// blockEncoded is the most encoded of one allocation.
	blockEncoded = 256
	// keptScratch is the most memory for one output that is kept for the next run.
	keptScratch = 1 << 20
)

// alloc returns an empty slice with room for n bytes.
func (o *outputs) alloc(n int) []byte {
	if len(o.free) < n {
		o.free = o.block(n)
	}
	o.left--
	allocated := o.free[:0:n]
	o.free = o.free[n:]
	return allocated
}

// room returns an empty slice for the JSON of an output. If it is encoded further, the next call overwrites it.
func (o *outputs) room(n int) []byte {
	if !o.further {
		return o.alloc(n)
	}
	o.json = slices.Grow(o.json[:0], n)
	return o.json
}

// keep copies what was made in bytes into a block.
func (o *outputs) keep(made []byte) []byte {
	o.bytes = made
	return append(o.alloc(len(made)), made...)
}

// small returns an empty slice with room for n bytes, for what is not an output.
func (o *outputs) small(n int) []byte {
	o.left++
	return o.alloc(n)
}

// block returns a block of at least n bytes: enough for all outputs that are still to come, if they are as large and fit in one.
func (o *outputs) block(n int) []byte {
	size := max(n, min(n*o.left, blockBytes))
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

// newEncoded returns an empty encoded.
func (o *outputs) newEncoded() *encoded {
	if len(o.encoded) == 0 {
		o.encoded = make([]encoded, max(1, min(o.left, blockEncoded)))
	}
	e := &o.encoded[0]
	o.encoded = o.encoded[1:]
	return e
}

// shared returns the place of what the rows of a group share.
func (o *outputs) shared(group int) **encoded {
	if group >= len(o.groups) {
		o.groups = append(o.groups, make([]*encoded, group+1-len(o.groups))...)
	}
	return &o.groups[group]
}

// spareOutputs holds the outputs of runs that were released, for later runs.
type spareOutputs struct {
	encoded bool // the JSON of outputs is encoded further
	pool    sync.Pool
}

// get returns outputs for a run of so many events.
func (s *spareOutputs) get(events, nodes int) *outputs {
	o, ok := s.pool.Get().(*outputs)
	if !ok {
		o = &outputs{}
	}
	o.renderer.cursors = make([]cursor, nodes)
	o.left, o.further = events, s.encoded
	o.groups = slices.Grow(o.groups, events)
	return o
}

// put takes back outputs whose blocks nobody reads any more.
func (s *spareOutputs) put(o *outputs) {
	clear(o.groups)
	*o = outputs{
		renderer: renderer{scratch: o.renderer.scratch}, evaluation: evaluation{made: o.evaluation.made[:0]},
		spare: append(o.spare, o.blocks...), groups: o.groups[:0], json: o.json, bytes: o.bytes,
	}
	if cap(o.json)+cap(o.bytes) > keptScratch {
		o.json, o.bytes = nil, nil
	}
	s.pool.Put(o)
}
