package grpclookup

import (
	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/stages/lookup"
)

// template is a request message as JSON, around its keys.
type template struct {
	before, after string
	element       []fragment // the beginning of one key's element of the list
	end           string     // the rest of it
	parts         []part     // of the key
}

// fragment is text with a part of the key behind it.
type fragment struct {
	text string
	part int
}

// part is what a part of the key stands in.
type part struct {
	spot spot
	text bool // it is always a string
}

// appendJSON appends the request for some keys.
func (t *template) appendJSON(dst []byte, keys []lookup.Key) []byte {
	dst = append(dst, t.before...)
	var values []lookup.Key
	for i, key := range keys {
		if i > 0 {
			dst = append(dst, ',')
		}
		if values = append(values[:0], key); len(t.parts) > 1 {
			values = lookupkey.AppendParts(values[:0], key)
		}
		dst = t.appendElement(dst, values)
	}
	return append(dst, t.after...)
}

func (t *template) appendElement(dst []byte, values []lookup.Key) []byte {
	for _, f := range t.element {
		dst = append(dst, f.text...)
		if value := values[f.part]; t.parts[f.part].text && value[0] != '"' {
			dst = append(append(append(dst, '"'), value...), '"')
		} else {
			dst = append(dst, value...)
		}
	}
	return append(dst, t.end...)
}
