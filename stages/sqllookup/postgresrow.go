package sqllookup

import (
	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/stages/lookup"
)

// pgRow is one row in text format.
type pgRow struct {
	values [][]byte
	cells  []appendPG
}

func (r *pgRow) appendCell(dst []byte, column int) ([]byte, error) {
	v := r.values[column]
	if v == nil {
		return append(dst, "null"...), nil
	}
	return r.cells[column](dst, v)
}

// arrays are the keys as PostgreSQL arrays in text format, one for each part of a key.
func arrays(keys []lookup.Key, parts int) [][]byte {
	lists := make([][]byte, parts)
	for i := range lists {
		lists[i] = append(make([]byte, 0, 16*len(keys)+2), '{')
	}
	var (
		split []lookup.Key
		text  []byte
	)
	for n, key := range keys {
		split = append(split[:0], key)
		if parts > 1 {
			split = lookupkey.AppendParts(split[:0], key)
		}
		for i, part := range split {
			if n > 0 {
				lists[i] = append(lists[i], ',')
			}
			text = lookupkey.AppendText(text[:0], part)
			lists[i] = appendElement(lists[i], text)
		}
	}
	for i := range lists {
		lists[i] = append(lists[i], '}')
	}
	return lists
}

// appendElement appends a quoted element of an array.
func appendElement(dst, text []byte) []byte {
	dst = append(dst, '"')
	for _, c := range text {
		if c == '"' || c == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, c)
	}
	return append(dst, '"')
}
