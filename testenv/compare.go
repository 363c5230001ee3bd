package testenv

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// splitOutput splits an output, {"event":EVENT,...}, into the event's bytes and the rest. It is false for a value
// that is not laid out like this, which may be right all the same.
func splitOutput(value []byte) (event, tail []byte, ok bool) {
	rest, ok := bytes.CutPrefix(value, []byte(`{"event":`))
	if !ok || len(rest) == 0 || rest[0] != '{' {
		return nil, nil, false
	}
	depth, quoted := 0, false
	for i := 0; i < len(rest); i++ {
		switch c := rest[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{':
			depth++
		case c == '}':
			if depth--; depth == 0 {
				return rest[:i+1], rest[i+1:], true
			}
		}
	}
	return nil, nil, false
}

// decodeOutput decodes an output: the event's bytes as they are, the other fields with their numbers exact.
func decodeOutput(value []byte) (event []byte, fields map[string]any, err error) {
	var parts map[string]json.RawMessage
	if err := json.Unmarshal(value, &parts); err != nil {
		return nil, nil, fmt.Errorf("not a JSON object: %w", err)
	}
	event, ok := parts["event"]
	if !ok {
		return nil, nil, errors.New("no field event")
	}
	decoder := json.NewDecoder(bytes.NewReader(value))
	decoder.UseNumber()
	if err := decoder.Decode(&fields); err != nil {
		return nil, nil, fmt.Errorf("not a JSON object: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, nil, errors.New("something follows the JSON object")
	}
	delete(fields, "event")
	return event, fields, nil
}

// difference says where got, decoded JSON, is not what is wanted; it is empty where they are equal.
func difference(path string, want, got any) string {
	switch want := want.(type) {
	case map[string]any:
		return differentObject(path, want, got)
	case []any:
		list, ok := got.([]any)
		if !ok || len(list) != len(want) {
			return fmt.Sprintf("%s: want a list of %d, got %s", path, len(want), shown(got))
		}
		for i := range want {
			if d := difference(fmt.Sprintf("%s[%d]", path, i), want[i], list[i]); d != "" {
				return d
			}
		}
		return ""
	case time.Time:
		text, _ := got.(string)
		at, err := time.Parse(time.RFC3339Nano, text)
		if err != nil || !strings.HasSuffix(text, "Z") || !at.Equal(want) {
			return fmt.Sprintf("%s: want %s, got %s", path, want.UTC().Format(time.RFC3339Nano), shown(got))
		}
		return ""
	case int64:
		if got != json.Number(strconv.FormatInt(want, 10)) {
			return fmt.Sprintf("%s: want %d, got %s", path, want, shown(got))
		}
		return ""
	default:
		if got != want {
			return fmt.Sprintf("%s: want %s, got %s", path, shown(want), shown(got))
		}
		return ""
	}
}

// differentObject is difference for an object, whose fields must be the wanted ones, no less and no more.
func differentObject(path string, want map[string]any, got any) string {
	object, ok := got.(map[string]any)
	if !ok {
		return fmt.Sprintf("%s: want an object, got %s", path, shown(got))
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		value, ok := object[name]
		if !ok {
			return fmt.Sprintf("%s.%s: not there", path, name)
		}
		if d := difference(path+"."+name, want[name], value); d != "" {
			return d
		}
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if _, ok := want[name]; !ok {
			return fmt.Sprintf("%s.%s: not wanted, got %s", path, name, shown(object[name]))
		}
	}
	return ""
}

// shown renders a JSON value for a message, cut where it is long.
func shown(value any) string {
	const most = 80
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	if len(text) > most {
		return string(text[:most]) + "..."
	}
	return string(text)
}
