package protobuf

import (
	"encoding/base64"
	"errors"
	"slices"
	"strings"

	"github.com/bufbuild/protocompile/parser"
	"github.com/bufbuild/protocompile/reporter"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

// descriptorOf returns the file descriptor that a text holds in base64, or nil. Source text always has a character that base64 has not.
func descriptorOf(text string) *descriptorpb.FileDescriptorProto {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(raw) == 0 {
		return nil
	}
	var file descriptorpb.FileDescriptorProto
	if err := (proto.UnmarshalOptions{RecursionLimit: maxDepth}).Unmarshal(raw, &file); err != nil {
		return nil
	}
	return &file
}

const mapEntry = "map_entry"

// withMapEntries parses a text that may have maps as the messages that they stand for: option map_entry = true. Apicurio's serializers
// register them like that. protoc and the parser refuse the option, and nothing else is wrong with these texts.
func withMapEntries(path, text string) (*descriptorpb.FileDescriptorProto, error) {
	handler := reporter.NewHandler(reporter.NewReporter(func(err reporter.ErrorWithPos) error {
		if strings.Contains(err.Error(), mapEntry+" option should not be set explicitly") {
			return nil
		}
		return err
	}, nil))
	tree, err := parser.Parse(path, strings.NewReader(text), handler)
	if err != nil {
		return nil, err
	}
	parsed, err := parser.ResultFromAST(tree, true, handler)
	if err != nil && !errors.Is(err, reporter.ErrInvalidSource) { // That one says that there were errors, which we have let pass.
		return nil, err
	}
	file := parsed.FileDescriptorProto()
	for _, m := range file.GetMessageType() {
		setMapEntries(m)
	}
	return file, nil
}

// setMapEntries gives the option map_entry to the messages whose text has it.
func setMapEntries(m *descriptorpb.DescriptorProto) {
	if o := m.GetOptions(); o != nil {
		o.UninterpretedOption = slices.DeleteFunc(o.UninterpretedOption, func(u *descriptorpb.UninterpretedOption) bool {
			if len(u.GetName()) != 1 || u.GetName()[0].GetIsExtension() || u.GetName()[0].GetNamePart() != mapEntry {
				return false
			}
			o.MapEntry = new(u.GetIdentifierValue() == "true")
			return true
		})
	}
	for _, nested := range m.GetNestedType() {
		setMapEntries(nested)
	}
}

// validate checks what the compiler takes on trust in file descriptors that are not made from texts: numbers, oneofs, and the fields of
// map entries.
func validate(main protoreflect.FileDescriptor) error {
	var set descriptorpb.FileDescriptorSet
	for _, file := range filesOf(main) {
		set.File = append(set.File, protodesc.ToFileDescriptorProto(file))
	}
	_, err := protodesc.NewFiles(&set)
	return err
}
