package sqllookup

import (
	"bytes"
	"errors"
)

var errArray = errors.New("the array cannot be read")

// arrayCell is how arrays become JSON, of elements that become JSON by element.
func arrayCell(element appendPG) appendPG {
	return func(dst, text []byte) ([]byte, error) {
		if len(text) > 0 && text[0] == '[' { // [0:2]={...}: JSON has no bounds.
			_, after, found := bytes.Cut(text, []byte("={"))
			if !found {
				return dst, errArray
			}
			text = text[len(text)-len(after)-1:]
		}
		dst, rest, err := appendArray(dst, text, element)
		if err == nil && len(rest) > 0 {
			err = errArray
		}
		return dst, err
	}
}

// appendArray appends the array that text begins with. What follows it is the answer's rest. The server bounds the
// depth at six.
func appendArray(dst, text []byte, element appendPG) (out, rest []byte, err error) {
	if len(text) < 2 || text[0] != '{' {
		return dst, text, errArray
	}
	dst, text = append(dst, '['), text[1:]
	if text[0] == '}' {
		return append(dst, ']'), text[1:], nil
	}
	for {
		if dst, text, err = appendItem(dst, text, element); err != nil {
			return dst, text, err
		}
		if len(text) == 0 {
			return dst, text, errArray
		}
		next := text[0]
		text = text[1:]
		switch next {
		case '}':
			return append(dst, ']'), text, nil
		case ',':
			dst = append(dst, ',')
		default:
			return dst, text, errArray
		}
	}
}

func appendItem(dst, text []byte, element appendPG) (out, rest []byte, err error) {
	switch {
	case len(text) == 0:
		return dst, text, errArray
	case text[0] == '{':
		return appendArray(dst, text, element)
	case text[0] == '"':
		item, rest, err := unquote(text)
		if err != nil {
			return dst, text, err
		}
		dst, err = element(dst, item)
		return dst, rest, err
	}
	end := bytes.IndexAny(text, ",}")
	if end <= 0 {
		return dst, text, errArray
	}
	if string(text[:end]) == "NULL" {
		return append(dst, "null"...), text[end:], nil
	}
	dst, err = element(dst, text[:end])
	return dst, text[end:], err
}

// unquote reads the quoted element that text begins with.
func unquote(text []byte) (item, rest []byte, err error) {
	item = make([]byte, 0, 32)
	for i := 1; i < len(text); i++ {
		switch c := text[i]; c {
		case '"':
			return item, text[i+1:], nil
		case '\\':
			if i++; i < len(text) {
				item = append(item, text[i])
			}
		default:
			item = append(item, c)
		}
	}
	return nil, nil, errArray
}
