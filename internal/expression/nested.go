package expression

import "errors"

// errNotJSON is the error for what is no JSON: whoever calls Value has checked that it is.
var errNotJSON = errors.New("the value is not JSON")

// nested returns the value that begins at an offset, and where it ends. The levels are as many as the JSON was checked for.
func nested(json []byte, at int) (any, int, error) {
	if at = space(json, at); at >= len(json) {
		return nil, at, errNotJSON
	}
	switch json[at] {
	case '[':
		return list(json, at+1)
	case '{':
		return object(json, at+1)
	}
	end := scalarEnd(json, at)
	v, err := Value(json[at:end])
	return v, end, err
}

func list(json []byte, at int) (any, int, error) {
	all := []any{}
	for {
		at = space(json, at)
		switch {
		case at >= len(json):
			return nil, at, errNotJSON
		case json[at] == ']':
			return all, at + 1, nil
		case json[at] == ',':
			at++
			continue
		}
		v, end, err := nested(json, at)
		if err != nil {
			return nil, end, err
		}
		all, at = append(all, v), end
	}
}

func object(json []byte, at int) (any, int, error) {
	all := map[string]any{}
	for {
		at = space(json, at)
		switch {
		case at >= len(json):
			return nil, at, errNotJSON
		case json[at] == '}':
			return all, at + 1, nil
		case json[at] == ',':
			at++
			continue
		}
		end := scalarEnd(json, at)
		name, err := Value(json[at:end])
		text, isText := name.(string)
		if at = space(json, end); err != nil || !isText || at >= len(json) || json[at] != ':' {
			return nil, at, errors.Join(err, errNotJSON)
		}
		if all[text], at, err = nested(json, at+1); err != nil {
			return nil, at, err
		}
	}
}

func space(json []byte, at int) int {
	for at < len(json) && (json[at] == ' ' || json[at] == '\n' || json[at] == '\t' || json[at] == '\r') {
		at++
	}
	return at
}

// scalarEnd returns where a text, a number or a word ends that begins at an offset.
func scalarEnd(json []byte, at int) int {
	if json[at] == '"' {
		for i := at + 1; i < len(json); i++ {
			switch json[i] {
			case '\\':
				i++
			case '"':
				return i + 1
			}
		}
		return len(json)
	}
	for i := at + 1; i < len(json); i++ {
		switch json[i] {
		case ',', ']', '}', ':', ' ', '\n', '\t', '\r':
			return i
		}
	}
	return len(json)
}

// Length returns a value with the length of a JSON list and without its elements, and any other value as Value does.
func Length(raw []byte) (any, error) {
	if len(raw) == 0 || raw[0] != '[' {
		return Value(raw)
	}
	n, depth := 0, 0
	for at := 0; at < len(raw); {
		at = space(raw, at)
		if at >= len(raw) {
			break
		}
		switch c := raw[at]; c {
		case '[', '{', ']', '}', ',', ':':
			if depth == 1 && c != ']' && c != ',' {
				n++ // An element that is a list or an object.
			}
			switch c {
			case '[', '{':
				depth++
			case ']', '}':
				depth--
			}
			at++
		default:
			if depth == 1 {
				n++
			}
			at = scalarEnd(raw, at)
		}
	}
	return make([]struct{}, n), nil
}
