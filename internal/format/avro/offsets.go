package avro

import "sync"

// offsets is a stack of where members stand that were passed, for the records that are open. It borrows its memory.
type offsets struct{ entries *[]int }

var spareOffsets = sync.Pool{New: func() any { return new([]int) }}

func (o *offsets) len() int {
	if o.entries == nil {
		return 0
	}
	return len(*o.entries)
}

func (o *offsets) at(i int) int     { return (*o.entries)[i] }
func (o *offsets) set(i, value int) { (*o.entries)[i] = value }

// grow adds entries that are zero, and returns the index of the first.
func (o *offsets) grow(by int) int {
	if o.entries == nil {
		o.entries = spareOffsets.Get().(*[]int)
	}
	from := len(*o.entries)
	for range by {
		*o.entries = append(*o.entries, 0)
	}
	return from
}

func (o *offsets) shrink(to int) {
	if o.entries != nil {
		*o.entries = (*o.entries)[:to]
	}
}

func (o *offsets) giveBack() {
	const most = 4096 // Records that need more are rare, and their memory is not kept.
	if o.entries != nil && cap(*o.entries) <= most {
		o.shrink(0)
		spareOffsets.Put(o.entries)
	}
	o.entries = nil
}
