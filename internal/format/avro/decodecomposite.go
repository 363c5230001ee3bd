package avro

import (
	"math"

	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/plural"
)

func (r *reading) union(dst []byte, n *node) ([]byte, *format.Error) {
	at := r.at
	index, err := r.varint()
	if err != nil {
		return dst, err
	}
	if uint64(index) >= uint64(len(n.union)) {
		return dst, r.fail(at, "the union has %s, and none with the number %d", plural.Count(len(n.union), "type"), index)
	}
	return r.value(dst, n.union[index])
}

func (r *reading) record(dst []byte, n *node) ([]byte, *format.Error) {
	if len(n.fields) == 0 {
		return append(dst, "{}"...), nil
	}
	for i := range n.fields {
		f := &n.fields[i]
		dst = append(dst, f.opening...)
		var err *format.Error
		if dst, err = r.value(dst, f.node); err != nil {
			return dst, err.InField(f.name)
		}
		if len(dst) > r.limit {
			return dst, r.tooLong().InField(f.name)
		}
	}
	return append(dst, '}'), nil
}

func (r *reading) tooLong() *format.Error {
	return r.fail(r.at, "the JSON text has more than %d bytes", r.options.Limit())
}

func (r *reading) array(dst []byte, n *node) ([]byte, *format.Error) {
	dst = append(dst, '[')
	for items := 0; ; {
		b, err := r.block(n.item.least)
		if err != nil {
			return dst, err
		}
		if b.count == 0 {
			return append(dst, ']'), nil
		}
		for range b.count {
			if items > 0 {
				dst = append(dst, ',')
			}
			if dst, err = r.value(dst, n.item); err != nil {
				return dst, err.InItem(items)
			}
			if len(dst) > r.limit {
				return dst, r.tooLong().InItem(items)
			}
			items++
		}
		if err := r.endOf(b); err != nil {
			return dst, err
		}
	}
}

// entries writes a map.
func (r *reading) entries(dst []byte, n *node) ([]byte, *format.Error) {
	outer := r.keys.len()
	dst = append(dst, '{')
	for {
		b, err := r.block(1 + n.item.least)
		if err != nil {
			return dst, err
		}
		if b.count == 0 {
			break
		}
		for range b.count {
			if r.keys.len() > outer {
				dst = append(dst, ',')
			}
			if dst, err = r.entry(dst, n); err != nil {
				return dst, err.InItem(r.keys.len() - outer)
			}
			if len(dst) > r.limit {
				return dst, r.tooLong()
			}
		}
		if err := r.endOf(b); err != nil {
			return dst, err
		}
	}
	if twice, ok := r.keys.leave(r.body, outer); ok {
		err := r.fail(twice.from, "the map has a key twice, which JSON has no unambiguous text for")
		err.Shown = format.Show(twice.in(r.body))
		return dst, err
	}
	return append(dst, '}'), nil
}

func (r *reading) entry(dst []byte, n *node) ([]byte, *format.Error) {
	key, err := r.prefixed("key of a map")
	if err != nil {
		return dst, err
	}
	from := r.at - len(key)
	dst, ok := format.AppendString(dst, key)
	if !ok {
		return dst, r.fail(from, "the key of a map is not UTF-8")
	}
	dst, err = r.value(append(dst, ':'), n.item)
	if err == nil {
		r.keys.add(span{from, from + len(key)})
	}
	return dst, err
}

// block is some of the items of an array or the entries of a map. Its size is optional.
type block struct {
	at, count int
	sized     bool
	end       int
}

// block reads the beginning of a block whose items have at least so many bytes each. The last block has no items.
func (r *reading) block(least int) (block, *format.Error) {
	b := block{at: r.at}
	count, err := r.varint()
	if err != nil || count == 0 {
		return b, err
	}
	if count < 0 {
		if count == math.MinInt64 {
			return b, r.fail(b.at, "the number of items is out of range")
		}
		count = -count
		size, err := r.varint()
		if err != nil {
			return b, err
		}
		if size < 0 || size > int64(len(r.body)-r.at) {
			return b, r.cut(b.at, "block of items", size)
		}
		b.sized, b.end = true, r.at+int(size)
	}
	switch {
	case least > 0 && count > int64((len(r.body)-r.at)/least):
		return b, r.fail(b.at, "the list or map goes on with %s of at least %s each, and the body ends after %d", plural.Count(count, "item"), plural.Count(least, "byte"), len(r.body)-r.at)
	case least == 0 && count > int64(maxEmptyItems-r.empty):
		return b, r.fail(b.at, "the value has %s without bytes, and at most %d are possible", plural.Count(count, "item"), maxEmptyItems)
	case least == 0:
		r.empty += int(count)
	}
	b.count = int(count)
	return b, nil
}

// endOf checks that the items of a block had the size that it began with.
func (r *reading) endOf(b block) *format.Error {
	if b.sized && r.at != b.end {
		return r.fail(b.at, "a block of items ends at byte %d, and at %d by its size", r.at, b.end)
	}
	return nil
}
