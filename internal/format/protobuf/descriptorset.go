package protobuf

import (
	"errors"
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
)

// Of returns the schema of a file that is compiled already, with all that it imports.
func Of(file protoreflect.FileDescriptor) (*Schema, error) { return newSchema(file) }

// Files returns the files of the schema.
func (s *Schema) Files() (*protoregistry.Files, error) {
	files := new(protoregistry.Files)
	for _, f := range filesOf(s.file) {
		if err := files.RegisterFile(f); err != nil {
			return nil, fmt.Errorf("schema %s: %w", s.file.Path(), err)
		}
	}
	return files, nil
}

// ParseSet compiles what protoc --descriptor_set_out writes: a FileDescriptorSet in its binary form.
func ParseSet(data []byte) (*protoregistry.Files, error) {
	var set descriptorpb.FileDescriptorSet
	if err := (proto.UnmarshalOptions{RecursionLimit: maxDepth}).Unmarshal(data, &set); err != nil || len(set.GetFile()) == 0 {
		return nil, errors.New("the file is no descriptor set: make one by protoc --include_imports --descriptor_set_out=FILE")
	}
	return NewFiles(set.GetFile())
}

// NewFiles compiles descriptors of files in any order. Those of google/protobuf that are imported and not among them are built in.
func NewFiles(descriptors []*descriptorpb.FileDescriptorProto) (*protoregistry.Files, error) {
	if len(descriptors) > maxFiles {
		return nil, fmt.Errorf("there are %d files; the limit is %d", len(descriptors), maxFiles)
	}
	set := &descriptorpb.FileDescriptorSet{File: descriptors}
	there := make(map[string]bool)
	for _, f := range descriptors {
		there[f.GetName()] = true
	}
	for i := 0; i < len(set.File); i++ {
		for _, name := range set.GetFile()[i].GetDependency() {
			if there[name] {
				continue
			}
			known, err := protoregistry.GlobalFiles.FindFileByPath(name)
			if err != nil || !strings.HasPrefix(name, "google/protobuf/") {
				return nil, fmt.Errorf("%s imports %s, which is missing: make the descriptor set with protoc --include_imports", set.GetFile()[i].GetName(), name)
			}
			there[name] = true
			set.File = append(set.File, protodesc.ToFileDescriptorProto(known))
		}
	}
	return protodesc.NewFiles(set)
}
