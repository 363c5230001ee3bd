package topiclookup

import (
	"encoding/binary"
	"time"

	"github.com/loaderline/loaderline/internal/lookupext"
)

// A history is all rows that a key has had, as it is stored: for each version its timestamp (8 bytes, milliseconds since 1970), the
// length of its row plus one as a varint, zero where the row was removed, and the row. The timestamps increase.

// version is one row of a history.
type version struct {
	at  int64
	row []byte // nil: it was removed
}

// next takes the first version of a history, which has one.
func next(history []byte) (v version, rest []byte) {
	v.at = int64(binary.BigEndian.Uint64(history))
	size, n := binary.Uvarint(history[8:])
	rest = history[8+n:]
	if size == 0 {
		return v, rest
	}
	return version{v.at, rest[: size-1 : size-1]}, rest[size-1:]
}

func appendVersion(dst []byte, v version) []byte {
	dst = binary.BigEndian.AppendUint64(dst, uint64(v.at))
	if v.row == nil {
		return append(dst, 0)
	}
	dst = binary.AppendUvarint(dst, uint64(len(v.row))+1)
	return append(dst, v.row...)
}

// revise returns a history with one more version, which replaces one of the same time, and without what ended before an edge: of the
// versions until then only the last one stays, and not if it is a removal. It returns nil if nothing stays.
func revise(history []byte, add version, edge int64) []byte {
	revised := make([]byte, 0, len(history)+len(add.row)+18)
	var last *version // until the edge
	put := func(v version) {
		switch {
		case v.at <= edge:
			last = &v
		default:
			if last != nil && last.row != nil {
				revised = appendVersion(revised, *last)
			}
			last = nil
			revised = appendVersion(revised, v)
		}
	}
	added := false
	for rest := history; len(rest) > 0; {
		var v version
		v, rest = next(rest)
		if !added && v.at >= add.at {
			put(add)
			added = true
			if v.at == add.at {
				continue
			}
		}
		put(v)
	}
	if !added {
		put(add)
	}
	if last != nil && last.row != nil {
		revised = appendVersion(revised, *last)
	}
	if len(revised) == 0 {
		return nil
	}
	return revised
}

// prune returns a history without what ended before an edge, and whether that is less. It returns nil if nothing stays.
func prune(history []byte, edge int64) (pruned []byte, less bool) {
	first, rest := next(history)
	if first.at > edge || len(rest) == 0 && first.row != nil {
		return history, false
	}
	if len(rest) > 0 && first.row != nil {
		if second, _ := next(rest); second.at > edge {
			return history, false
		}
	}
	pruned = revise(rest, first, edge)
	return pruned, len(pruned) < len(history)
}

// latest is the row that a history ends with, nil if it was removed.
func latest(history []byte) []byte {
	var v version
	for rest := history; len(rest) > 0; {
		v, rest = next(rest)
	}
	return v.row
}

// appendVersions appends the rows of a history as a list of objects with _from and _to. It returns nil if there is none.
func appendVersions(dst, history []byte) []byte {
	open := false
	for rest := history; len(rest) > 0; {
		var v version
		v, rest = next(rest)
		if v.row == nil {
			continue
		}
		separator := byte('[')
		if open {
			separator = ','
		}
		open = true
		dst = append(dst, separator)
		dst = appendMoment(append(dst, `{"`+lookupext.FromMember+`":`...), v.at)
		dst = append(dst, `,"`+lookupext.ToMember+`":`...)
		if len(rest) > 0 {
			after, _ := next(rest)
			dst = appendMoment(dst, after.at)
		} else {
			dst = append(dst, "null"...)
		}
		if string(v.row) != "{}" {
			dst = append(dst, ',')
		}
		dst = append(dst, v.row[1:]...)
	}
	if !open {
		return nil
	}
	return append(dst, ']')
}

func appendMoment(dst []byte, at int64) []byte {
	return append(time.UnixMilli(at).UTC().AppendFormat(append(dst, '"'), "2006-01-02T15:04:05.999Z07:00"), '"')
}
