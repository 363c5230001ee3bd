// Package yamljson converts YAML to JSON for tests of JSON Schemas. It uses another parser than the packages whose
// files the schemas describe, so that a test does not repeat a parser's mistake.
package yamljson

import (
	"encoding/json"
	"fmt"
	"regexp"

	"go.yaml.in/yaml/v3"
)

// Convert returns a YAML document as JSON, or null if text is empty. It returns an error if text is no YAML, a mapping
// has a key twice, or a key is no string. It is safe for concurrent use.
//
// The parser reads a few plain scalars by YAML 1.1, where editors and their validators follow 1.2. Convert keeps dates
// and times as text, as 1.2 does, and returns an error for an integer that 1.2 reads otherwise, such as 017 and 1_000.
func Convert(text []byte) ([]byte, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return nil, err
	}
	if document.IsZero() {
		return []byte("null"), nil
	}
	if err := followCore(&document); err != nil {
		return nil, err
	}
	var value any
	if err := document.Decode(&value); err != nil {
		return nil, err
	}
	return json.Marshal(value)
}

var oldNumber = regexp.MustCompile(`_|^[-+]?0(b|[0-9]+$)`)

// followCore changes or refuses the scalars that YAML 1.1 reads otherwise than the core schema of 1.2.
func followCore(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		switch node.ShortTag() {
		case "!!timestamp":
			node.Tag = "!!str"
		case "!!int", "!!float":
			if oldNumber.MatchString(node.Value) {
				return fmt.Errorf("line %d: %s is another value in YAML 1.2", node.Line, node.Value)
			}
		}
	}
	for _, child := range node.Content {
		if err := followCore(child); err != nil {
			return err
		}
	}
	return nil
}
