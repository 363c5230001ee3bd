package codec

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/format/protobuf"
)

// maxFileBytes bounds a schema file, and maxFiles the files that it imports.
const (
	maxFileBytes = 4 << 20
	maxFiles     = 1000
)

// ReadFile reads the schema of all values from a file. For Protobuf, message is the name of their message type, and may be empty if
// the file has one alone. The files that it imports are relative to its folder.
func ReadFile(f format.Format, name, message string, options format.Options) (*Schema, error) {
	text, err := readText(name)
	if err != nil {
		return nil, err
	}
	switch f {
	case format.Avro:
		return compileAvro(text, nil, options)
	case format.Protobuf:
		parsed, err := parseProto(name, text)
		if err != nil {
			return nil, err
		}
		s := &Schema{options: options, Protobuf: parsed}
		return s, s.take(message)
	default:
		if !json.Valid([]byte(text)) {
			return nil, errors.New("it is no JSON Schema: it is not JSON")
		}
		return jsonSchema(text, nil, options), nil
	}
}

// parseProto compiles the text of a .proto file with what it imports below its folder.
func parseProto(name, text string) (*protobuf.Schema, error) {
	files := map[string]string{filepath.Base(name): text}
	if err := readImports(filepath.Dir(name), text, files); err != nil {
		return nil, err
	}
	return protobuf.Parse(files, filepath.Base(name))
}

// errSeveral is the error of a Protobuf schema whose values can be of several messages.
var errSeveral = errors.New("there are several messages")

// take sets the message type of all values.
func (s *Schema) take(name string) error {
	m, err := s.named(name)
	if errors.Is(err, errSeveral) {
		return errors.New("the file has several messages; write the name of the one that the values are as message")
	}
	s.message = m
	return err
}

// named returns the message type of a name, which may be empty if the schema has one alone.
func (s *Schema) named(name string) (*Message, error) {
	var (
		m   *protobuf.Message
		err error
	)
	if name != "" {
		m, err = s.Protobuf.Message(name)
	} else {
		if _, err := s.Protobuf.MessageAt([]int{1}); err == nil {
			return nil, errSeveral
		}
		m, err = s.Protobuf.MessageAt([]int{0})
	}
	if err != nil {
		return nil, err
	}
	return newMessage(m, s.options), nil
}

func readText(name string) (string, error) {
	info, err := os.Stat(name)
	if err != nil {
		return "", err
	}
	if info.Size() > maxFileBytes {
		return "", fmt.Errorf("%s has %d bytes, and a schema has at most %d", name, info.Size(), maxFileBytes)
	}
	text, err := os.ReadFile(name)
	return string(text), err
}

var imports = regexp.MustCompile(`(?m)^\s*import\s+(?:public\s+|weak\s+)?"([^"]+)"\s*;`)

// readImports reads what a text imports, and what that imports. The files of protoc are built in.
func readImports(dir, text string, files map[string]string) error {
	for _, found := range imports.FindAllStringSubmatch(text, -1) {
		name := found[1]
		if _, known := files[name]; known || strings.HasPrefix(name, "google/protobuf/") {
			continue
		}
		if len(files) >= maxFiles || !filepath.IsLocal(filepath.FromSlash(name)) || path.Clean(name) != name {
			return fmt.Errorf("import %q: the path does not lead below the folder of the schema, or there are more than %d files", name, maxFiles)
		}
		imported, err := readText(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			return fmt.Errorf("import %q: %w", name, err)
		}
		files[name] = imported
		if err := readImports(dir, imported, files); err != nil {
			return err
		}
	}
	return nil
}
