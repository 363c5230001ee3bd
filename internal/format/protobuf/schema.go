package protobuf

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// Schema is a file of messages with all that it imports. It is safe for concurrent use.
type Schema struct {
	file     protoreflect.FileDescriptor
	layouts  map[string]*layout // by full name, of all files
	messages map[string]*Message
	top      []*Message // of the main file
}

// Message is a message type of a schema.
type Message struct {
	schema     *Schema
	descriptor protoreflect.MessageDescriptor
	layout     *layout
	nested     []*Message
}

func newSchema(file protoreflect.FileDescriptor) (*Schema, error) {
	s := &Schema{file: file, messages: make(map[string]*Message)}
	files := filesOf(file)
	for _, f := range files {
		messages := s.declare(f.Messages())
		if f == file {
			s.top = messages
		}
	}
	var err error
	if s.layouts, err = compile(files, s.messages); err != nil {
		return nil, fmt.Errorf("schema %s: %w", file.Path(), err)
	}
	return s, nil
}

// declare adds messages and those nested in them.
func (s *Schema) declare(list protoreflect.MessageDescriptors) []*Message {
	messages := make([]*Message, list.Len())
	for i := range messages {
		d := list.Get(i)
		m := &Message{schema: s, descriptor: d, layout: &layout{name: string(d.FullName())}}
		m.nested = s.declare(d.Messages())
		messages[i] = m
		s.messages[m.layout.name] = m
	}
	return messages
}

// Message returns the message of a full name (shop.Event), or of a name within the package of the main file (Event).
func (s *Schema) Message(name string) (*Message, error) {
	if m, ok := s.messages[name]; ok {
		return m, nil
	}
	if m, ok := s.messages[string(s.file.Package())+"."+name]; ok {
		return m, nil
	}
	return nil, fmt.Errorf("schema %s has no message %q; it has %s", s.file.Path(), name, s.names())
}

// names lists messages of the main file for errors.
func (s *Schema) names() string {
	const shown = 10
	var names []string
	for _, m := range s.top[:min(shown, len(s.top))] {
		names = append(names, m.Name())
	}
	switch {
	case len(names) == 0:
		return "none"
	case len(s.top) > shown:
		names = append(names, "others")
	}
	return strings.Join(names, ", ")
}

// MessageAt returns the message at an index, the path to it in the main file: [1, 0] is the first message within the second one.
func (s *Schema) MessageAt(index []int) (*Message, error) {
	level := s.top
	var m *Message
	for _, i := range index {
		if i < 0 || i >= len(level) {
			return nil, fmt.Errorf("schema %s has no message at index %v; it is not the schema of this record, or the record is damaged", s.file.Path(), index)
		}
		m = level[i]
		level = m.nested
	}
	if m == nil {
		return nil, fmt.Errorf("schema %s: the message index is empty", s.file.Path())
	}
	return m, nil
}

// Name is the full name of the message.
func (m *Message) Name() string { return m.layout.name }

// Index is the path to the message in the main file, as MessageAt takes it. It is nil for a message of an imported file.
func (m *Message) Index() []int {
	if m.descriptor.ParentFile() != m.schema.file {
		return nil
	}
	var index []int
	for d := protoreflect.Descriptor(m.descriptor); d != m.schema.file; d = d.Parent() {
		index = append(index, d.Index())
	}
	slices.Reverse(index)
	return index
}
