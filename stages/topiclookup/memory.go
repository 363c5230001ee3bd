package topiclookup

import (
	"errors"

	"github.com/loaderline/loaderline/stages/lookup"
)

// rowOverhead is the memory that a row takes beside its key and itself: its place in the map, which is between half and
// seven eighths full, and what the allocator rounds up.
const rowOverhead = 96

// errFull says that a table has outgrown its bound.
var errFull = errors.New("the table has outgrown its memory")

// memory is a store in memory.
type memory struct {
	rows            map[lookup.Key][]byte
	bytes, maxBytes int64
}

func newMemory(maxBytes int64) *memory {
	return &memory{rows: map[lookup.Key][]byte{}, maxBytes: maxBytes}
}

func (m *memory) get(keys []lookup.Key, found func(i int, stored []byte)) error {
	for i, key := range keys {
		if stored, ok := m.rows[key]; ok {
			found(i, stored)
		}
	}
	return nil
}

func (m *memory) prepare(changes []change, _ place) (commit func() error, err error) {
	return func() error {
		for i := range changes {
			m.apply(&changes[i])
		}
		if m.bytes > m.maxBytes {
			return errFull
		}
		return nil
	}, nil
}

func (m *memory) apply(c *change) {
	was, had := m.rows[lookup.Key(c.key)]
	switch {
	case c.row == nil:
		if had {
			delete(m.rows, lookup.Key(c.key))
			m.bytes -= int64(len(c.key)+len(was)) + rowOverhead
		}
	case had:
		m.rows[lookup.Key(c.key)] = c.row // The map keeps its own key.
		m.bytes += int64(len(c.row) - len(was))
	default:
		m.rows[lookup.Key(c.key)] = c.row
		m.bytes += int64(len(c.key)+len(c.row)) + rowOverhead
	}
}

func (m *memory) each(do func(key, stored []byte) error) error {
	for key, stored := range m.rows {
		if err := do([]byte(key), stored); err != nil {
			return err
		}
	}
	return nil
}

func (m *memory) clear() error {
	m.rows, m.bytes = map[lookup.Key][]byte{}, 0
	return nil
}

func (*memory) place() (place, error) { return place{}, nil }

func (m *memory) size() (keys, bytes int64) { return int64(len(m.rows)), m.bytes }

func (*memory) close() error { return nil }
