package lookuptable

import (
	"bytes"

	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/stages/lookup"
)

// Rows are the rows of a table by key. They never change.
type Rows struct {
	// last has the last row of each key, and next the row that follows each row: the first one of the key behind the last one.
	last   map[lookup.Key]int32
	next   []int32
	values [][]byte // JSON

	columns   []lookupext.Column // nil: not known
	size      int64
	duplicate *Duplicate
}

// Duplicate is the first key that more than one row has: the places of its first two rows.
type Duplicate struct{ First, Second int }

// Len returns the number of rows.
func (r *Rows) Len() int { return len(r.values) }

// Size returns about how many bytes of memory the rows take.
func (r *Rows) Size() int64 { return r.size }

// Duplicate returns the first key that more than one row has, or nil.
func (r *Rows) Duplicate() *Duplicate { return r.duplicate }

// one returns the row of a key: its last one.
func (r *Rows) one(key lookup.Key) (value []byte, found bool) {
	last, found := r.last[key]
	if !found {
		return nil, false
	}
	return r.values[last], true
}

// list returns the list of all rows of a key, in their order.
func (r *Rows) list(key lookup.Key) (value []byte, found bool) {
	last, found := r.last[key]
	if !found {
		return nil, false
	}
	var list bytes.Buffer
	for at, separator := r.next[last], byte('['); ; at, separator = r.next[at], ',' {
		list.WriteByte(separator)
		list.Write(r.values[at])
		if at == last {
			break
		}
	}
	list.WriteByte(']')
	return bytes.Clone(list.Bytes()), true
}
