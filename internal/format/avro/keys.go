package avro

import (
	"bytes"
	"slices"
	"sync"
)

// span is where a key of a map stands.
type span struct{ from, to int }

func (s span) in(text []byte) []byte { return text[s.from:s.to] }

// keys is a stack of the keys of maps that are open. It borrows its memory.
type keys struct{ spans *[]span }

var spareSpans = sync.Pool{New: func() any { return new([]span) }}

func (k *keys) len() int {
	if k.spans == nil {
		return 0
	}
	return len(*k.spans)
}

func (k *keys) add(s span) {
	if k.spans == nil {
		k.spans = spareSpans.Get().(*[]span)
	}
	*k.spans = append(*k.spans, s)
}

// leave removes the keys of a map, which begin at an index, and says which one the map has twice.
func (k *keys) leave(text []byte, from int) (span, bool) {
	if k.len() == from {
		return span{}, false
	}
	own := (*k.spans)[from:]
	*k.spans = (*k.spans)[:from]
	return repeated(text, own)
}

func (k *keys) giveBack() {
	const most = 1024 // A map as large as that is rare, and its memory is not kept for it.
	if k.spans != nil && cap(*k.spans) <= most {
		*k.spans = (*k.spans)[:0]
		spareSpans.Put(k.spans)
	}
	k.spans = nil
}

// fewSpans is how many are compared each with each.
const fewSpans = 16

// repeated is a key that some keys have twice. It may change their order.
func repeated(text []byte, keys []span) (span, bool) {
	if len(keys) > fewSpans {
		// An order, and no hash that someone could choose keys for.
		slices.SortFunc(keys, func(a, b span) int { return bytes.Compare(a.in(text), b.in(text)) })
		for i := 1; i < len(keys); i++ {
			if bytes.Equal(keys[i-1].in(text), keys[i].in(text)) {
				return keys[i], true
			}
		}
		return span{}, false
	}
	for i := range keys {
		for j := range i {
			if bytes.Equal(keys[i].in(text), keys[j].in(text)) {
				return keys[i], true
			}
		}
	}
	return span{}, false
}

func (k *keys) shrink(to int) {
	if k.spans != nil {
		*k.spans = (*k.spans)[:to]
	}
}
