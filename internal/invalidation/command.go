package invalidation

import (
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Command asks for rows of a stage to be forgotten. As JSON it is {"stage": "user", "keys": [1, 2]}, or with "all": true
// in place of the keys. A key is as an event has it; a composite one is a list.
type Command struct {
	// Pipeline is the pipeline that is meant, where several share a topic. Empty means any.
	Pipeline string           `json:"pipeline,omitempty"`
	Stage    string           `json:"stage"`
	Keys     []jsontext.Value `json:"keys,omitempty"`
	All      bool             `json:"all,omitempty"`
}

// ParseCommand reads a command, strictly: what it does not know is an error, as is a command for nothing.
func ParseCommand(data []byte) (Command, error) {
	var c Command
	if err := json.Unmarshal(data, &c, json.RejectUnknownMembers(true)); err != nil {
		return Command{}, fmt.Errorf("%w; write %s", reason(err), example)
	}
	switch {
	case c.Stage == "":
		return Command{}, errors.New("it names no stage; write " + example)
	case c.All == (len(c.Keys) > 0):
		return Command{}, errors.New(`it has either keys or "all": true; write ` + example)
	}
	for i, key := range c.Keys {
		if _, err := partsOf(key); err != nil {
			return Command{}, fmt.Errorf("keys[%d]: %w", i, err)
		}
	}
	return c, nil
}

const example = `{"stage": "user", "keys": [1, 2]}`

// reason is what is wrong with JSON, without the words of the library around it.
func reason(err error) error {
	if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return fmt.Errorf("it is not JSON: %w at byte %d", syntax.Err, syntax.ByteOffset)
	}
	if semantic, ok := errors.AsType[*json.SemanticError](err); ok {
		switch {
		case errors.Is(semantic.Err, json.ErrUnknownName):
			return fmt.Errorf("it does not take %q", semantic.JSONPointer.LastToken())
		case semantic.JSONPointer != "":
			return fmt.Errorf("%q cannot be a JSON %s", semantic.JSONPointer.LastToken(), semantic.JSONKind)
		default:
			return errors.New("it is not a JSON object")
		}
	}
	return err
}

// partsOf are the JSON values of a key's parts: the elements of a list, or the value itself.
func partsOf(key jsontext.Value) ([][]byte, error) {
	parts := []jsontext.Value{key}
	if key.Kind() == '[' {
		parts = nil
		if err := json.Unmarshal(key, &parts); err != nil {
			return nil, err
		}
	}
	raw := make([][]byte, len(parts))
	for i, part := range parts {
		switch part.Kind() {
		case '"', '0', 't', 'f':
			raw[i] = part
		default:
			return nil, errors.New("a key is a string, a number or a boolean, and a list of those where it is composite")
		}
	}
	if len(raw) == 0 {
		return nil, errors.New("a composite key has at least one part")
	}
	return raw, nil
}

// A part of a command has so much at most, far below what a topic or a server takes.
const (
	maxPartKeys  = 1000
	maxPartBytes = 256 << 10
)

// Split is the command in parts of bounded size, which do the same together.
func (c Command) Split() []Command {
	if c.All {
		return []Command{c}
	}
	var parts []Command
	for keys := c.Keys; len(keys) > 0; {
		n, size := 1, len(keys[0])
		for n < min(len(keys), maxPartKeys) && size+len(keys[n]) < maxPartBytes {
			size += len(keys[n]) + 1
			n++
		}
		part := c
		part.Keys, keys = keys[:n], keys[n:]
		parts = append(parts, part)
	}
	return parts
}
