package codec

import (
	"path/filepath"

	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/loaderline/loaderline/internal/format/protobuf"
)

// ReadDescriptors reads the descriptors of services from a file: a .proto with what it imports below its folder, or what protoc
// --descriptor_set_out writes.
func ReadDescriptors(name string) (*protoregistry.Files, error) {
	text, err := readText(name)
	if err != nil {
		return nil, err
	}
	if filepath.Ext(name) != ".proto" {
		return protobuf.ParseSet([]byte(text))
	}
	s, err := parseProto(name, text)
	if err != nil {
		return nil, err
	}
	return s.Files()
}
