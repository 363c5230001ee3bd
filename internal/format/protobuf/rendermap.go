package protobuf

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/loaderline/loaderline/internal/format"
)

// entry is one entry of a map: its key, and the occurrences of its value.
type entry struct {
	key         uint64
	first, last int32
	replaced    bool // a later entry has the same key
}

// mapping writes a map. Of entries with the same key the last one stands.
func (d *decoding) mapping(l *layout, s slot) *format.Error {
	key, value := &l.fields[mapKeyField], &l.fields[mapValueField]
	first, mark := len(d.entries), len(d.found)
	d.depth++ // Entries are messages on the wire, and count as such.
	for i := s.first; i != 0; i = d.found[i-1].next {
		if err := d.entry(l, d.found[i-1].value); err != nil {
			return err.InItem(len(d.entries) - first)
		}
	}
	last := len(d.entries)
	d.replace(key, d.entries[first:last])
	d.dst = append(d.dst, '{')
	for i := first; i < last; i++ {
		e := d.entries[i]
		if e.replaced {
			continue
		}
		if err := d.key(key, e.key); err != nil {
			return err.InItem(i - first)
		}
		if err := d.field(value, slot{e.first, e.last}); err != nil {
			return err.InItem(i - first)
		}
		if d.dst = append(d.dst, ','); len(d.dst) > d.limit {
			return d.tooLong(len(d.body))
		}
	}
	d.dst = closed(d.dst, '}')
	d.depth--
	d.entries, d.found = d.entries[:first], d.found[:mark]
	return nil
}

// entry notes an entry. The occurrences of its value stay until the map is written.
func (d *decoding) entry(l *layout, value uint64) *format.Error {
	from, to := bounds(value)
	if d.depth > maxDepth {
		return fail(from, "messages are nested more than %d levels deep", maxDepth)
	}
	f := d.enter(l)
	if err := d.scan(l, f.slots, from, to); err != nil {
		return err
	}
	e := entry{first: d.slots[f.slots+mapValueField].first, last: d.slots[f.slots+mapValueField].last}
	if k := d.slots[f.slots+mapKeyField]; k.first != 0 {
		e.key = canonical(l.fields[mapKeyField].kind, d.found[k.first-1].value)
	}
	d.entries = append(d.entries, e)
	f.found = len(d.found)
	d.leave(f)
	return nil
}

// replace marks the entries whose key comes again.
func (d *decoding) replace(key *field, entries []entry) {
	compare := func(a, b entry) int { return d.compareKeys(key, a.key, b.key) }
	ascending := true
	for i := 1; i < len(entries) && ascending; i++ {
		ascending = compare(entries[i-1], entries[i]) < 0
	}
	if ascending {
		return
	}
	order := d.order[:0]
	for i := range entries {
		order = append(order, int32(i))
	}
	slices.SortFunc(order, func(a, b int32) int {
		if c := compare(entries[a], entries[b]); c != 0 {
			return c
		}
		return int(a - b)
	})
	for i := 1; i < len(order); i++ {
		entries[order[i-1]].replaced = compare(entries[order[i-1]], entries[order[i]]) == 0
	}
	d.order = order
}

// key writes the key of an entry, as text whatever its kind, and the colon.
func (d *decoding) key(f *field, key uint64) *format.Error {
	if f.wire == protowire.BytesType {
		if err := d.scalar(f, key); err != nil {
			return err
		}
		d.dst = append(d.dst, ':')
		return nil
	}
	d.dst = append(d.dst, '"')
	if f.kind == protoreflect.BoolKind {
		d.dst = strconv.AppendBool(d.dst, key != 0)
	} else {
		d.dst = appendInteger(d.dst, f.kind, key)
	}
	d.dst = append(d.dst, '"', ':')
	return nil
}

func (d *decoding) compareKeys(f *field, a, b uint64) int {
	if f.wire == protowire.BytesType {
		return bytes.Compare(d.bytes(a), d.bytes(b))
	}
	return cmp.Compare(a, b)
}
