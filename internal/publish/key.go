package publish

import (
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/loaderline/loaderline/internal/jsondoc"
)

// eventRoot is the root that paths into an event have in a pipeline file.
const eventRoot = "event"

// Key finds the key of a record in its value. It is not safe for concurrent use.
type Key struct {
	// Encode makes the key of a value, which is JSON. Defaults to a string's characters, or a number or boolean as it is written.
	Encode func(json []byte) ([]byte, error)

	path    jsondoc.Path
	scanner *jsondoc.Scanner
	found   jsondoc.Result
	nulls   int
}

// Nulls is how many lines had null in place of a key.
func (k *Key) Nulls() int { return k.nulls }

// String is the path.
func (k *Key) String() string { return k.path.String() }

// ParseKey reads a path into the event, with or without event at its beginning: user_id, event.user_id or user.id.
func ParseKey(text string) (*Key, error) {
	full := text
	if text != eventRoot && !strings.HasPrefix(text, eventRoot+".") {
		full = eventRoot + "." + text
	}
	path, err := jsondoc.ParsePath(full)
	if err != nil {
		return nil, fmt.Errorf("%q is not a path into the event, such as user_id: %w", text, err)
	}
	if len(path.Steps) == 0 {
		return nil, fmt.Errorf("%q is the whole event; write a path into it, such as user_id", text)
	}
	for _, step := range path.Steps {
		if step.Each {
			return nil, fmt.Errorf("%q has [], but a record has one key; write a path to one value, such as user_id", text)
		}
	}
	return &Key{path: path, scanner: jsondoc.NewScanner([]jsondoc.Path{path}, nil)}, nil
}

// In returns the key, which Encode makes of the value in line that the path leads to. If the value is null, there is no key, and In counts
// that.
func (k *Key) In(line []byte) ([]byte, error) {
	k.found.Reset()
	if err := k.scanner.Scan(line, &k.found); err != nil {
		return nil, fmt.Errorf("it %w, so it has no %s for the key", err, k.path)
	}
	if v := k.found.Values[0]; len(v) == 1 && v[0].Kind == jsondoc.Found {
		raw := jsontext.Value(v[0].In(line))
		if raw.Kind() != 'n' && k.Encode != nil {
			key, err := k.Encode(raw)
			if err != nil {
				return nil, fmt.Errorf("%s cannot be encoded as the key: %w", k.path, err)
			}
			return key, nil
		}
		switch raw.Kind() {
		case '"':
			return jsontext.AppendUnquote([]byte{}, raw)
		case '0', 't', 'f':
			return append([]byte{}, raw...), nil
		case '{', '[':
			return nil, fmt.Errorf("%s is not text, a number or a boolean, so it cannot be the key", k.path)
		default:
			k.nulls++
			return nil, nil
		}
	}
	return nil, fmt.Errorf("it has no %s for the key", k.path)
}
