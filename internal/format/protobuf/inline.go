package protobuf

import (
	"strings"

	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

// Inline copies a message and all types that it needs into the file, without options that change no bytes, and without extensions: they
// pass as fields that the schema does not know. A message within another one comes with that one.
func (b *Builder) Inline(m *Message) Type {
	c := copying{builder: b, pkg: b.file.GetPackage(), renamed: make(map[protoreflect.FullName]string)}
	c.add(m.descriptor)
	for i := 0; i < len(c.messages); i++ {
		c.needs(c.messages[i])
	}
	for _, d := range c.messages {
		message := protodesc.ToDescriptorProto(d)
		c.rename(message)
		b.file.MessageType = append(b.file.MessageType, message)
	}
	for _, d := range c.enums {
		b.file.EnumType = append(b.file.EnumType, protodesc.ToEnumDescriptorProto(d))
	}
	return Type(c.name(m.descriptor))
}

// copying collects the messages and enums at the top of files that are copied together.
type copying struct {
	builder  *Builder
	pkg      string
	messages []protoreflect.MessageDescriptor
	enums    []protoreflect.EnumDescriptor
	renamed  map[protoreflect.FullName]string // the packages of originals, by what is at the top
}

// add copies what is at the top of a file and holds a type, or imports the file if it is a built-in one.
func (c *copying) add(d protoreflect.Descriptor) {
	file := d.ParentFile()
	if _, err := builtIn.FindFileByPath(file.Path()); err == nil {
		c.builder.imports(file.Path())
		return
	}
	for d.Parent() != protoreflect.Descriptor(file) {
		d = d.Parent()
	}
	if _, done := c.renamed[d.FullName()]; done {
		return
	}
	c.renamed[d.FullName()] = string(file.Package())
	if c.builder.added[string(d.Name())] == d.FullName() { // Another call has copied it.
		return
	}
	c.syntax(file)
	c.builder.declare(string(d.Name()), d.FullName())
	switch d := d.(type) {
	case protoreflect.MessageDescriptor:
		c.messages = append(c.messages, d)
	case protoreflect.EnumDescriptor:
		c.enums = append(c.enums, d)
	}
}

// syntax gives the file the syntax of what is copied first, as types of another one would change.
func (c *copying) syntax(file protoreflect.FileDescriptor) {
	b := c.builder
	syntax := file.Syntax().String()
	if len(b.added) == 0 {
		b.file.Syntax = new(syntax)
	}
	if syntax == protoreflect.Editions.String() || syntax != b.file.GetSyntax() {
		b.fail("%s has the syntax %s, and its types cannot be copied into a file of %s; import it", file.Path(), syntax, b.file.GetSyntax())
	}
}

// needs adds the types of the fields of a message and of those within it.
func (c *copying) needs(d protoreflect.MessageDescriptor) {
	for i := range d.Fields().Len() {
		if f := d.Fields().Get(i); f.Message() != nil {
			c.add(f.Message())
		} else if f.Enum() != nil {
			c.add(f.Enum())
		}
	}
	for i := range d.Messages().Len() {
		c.needs(d.Messages().Get(i))
	}
}

// name is the full name of a type in the new file.
func (c *copying) name(d protoreflect.Descriptor) string {
	file := d.ParentFile()
	if _, err := builtIn.FindFileByPath(file.Path()); err == nil {
		return string(d.FullName())
	}
	within := strings.TrimPrefix(string(d.FullName()), string(file.Package())+".")
	return c.builder.qualified(within)
}

// rename gives the types of fields their names in the new file.
func (c *copying) rename(m *descriptorpb.DescriptorProto) {
	for _, f := range m.GetField() {
		if f.TypeName != nil {
			f.TypeName = new(c.newName(f.GetTypeName()))
		}
	}
	for _, nested := range m.GetNestedType() {
		c.rename(nested)
	}
}

// newName is the new name of a type, whose full name has a dot before it.
func (c *copying) newName(old string) string {
	old = strings.TrimPrefix(old, ".")
	for top := old; top != ""; top = string(protoreflect.FullName(top).Parent()) {
		if pkg, ok := c.renamed[protoreflect.FullName(top)]; ok {
			if pkg != "" {
				old = strings.TrimPrefix(old, pkg+".")
			}
			return c.builder.qualified(old)
		}
	}
	return old
}
