package protobuf

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

// Builder makes the text of a schema, as of one that is derived from another one and from the columns of statements. Its methods
// return the types that they add, for fields of messages that follow. Text returns what went wrong on the way.
type Builder struct {
	file  descriptorpb.FileDescriptorProto
	added map[string]protoreflect.FullName // what the messages and enums of the file are copies of, by name; "" for new ones
	errs  []error
}

// Type is the type of a field: a scalar such as "int64", a message such as "google.protobuf.Timestamp", or what a Builder returns.
type Type string

// BuiltField is a field of a message that a Builder makes.
type BuiltField struct {
	Name     string
	Type     Type
	Number   int32 // 0: that of the field before it plus 1
	Repeated bool
	Optional bool // it can be absent. Messages always can
}

// NewBuilder returns a builder of a proto3 file in a package, which may be empty. It becomes a proto2 file when a message of one is
// inlined first.
func NewBuilder(pkg string) *Builder {
	b := &Builder{added: make(map[string]protoreflect.FullName)}
	b.file.Package, b.file.Syntax = new(pkg), new("proto3")
	if pkg != "" && !protoreflect.FullName(pkg).IsValid() {
		b.fail("%q is no package name of Protobuf", pkg)
	}
	return b
}

func (b *Builder) fail(format string, args ...any) {
	b.errs = append(b.errs, fmt.Errorf(format, args...))
}

// Import imports a file, by the path that its reference has in the registry, for a message of it.
func (b *Builder) Import(path string, m *Message) Type {
	b.imports(path)
	return Type(m.Name())
}

func (b *Builder) imports(path string) {
	if !slices.Contains(b.file.Dependency, path) {
		b.file.Dependency = append(b.file.Dependency, path)
	}
}

// known are the files of messages of google.protobuf that a field may have as its type.
var known = map[Type]string{
	"google.protobuf.Any":       "google/protobuf/any.proto",
	"google.protobuf.Duration":  "google/protobuf/duration.proto",
	"google.protobuf.Struct":    "google/protobuf/struct.proto",
	"google.protobuf.Timestamp": "google/protobuf/timestamp.proto",
	"google.protobuf.Value":     "google/protobuf/struct.proto",
}

// Message adds a message.
func (b *Builder) Message(name string, fields ...BuiltField) Type {
	b.declare(name, "")
	message := &descriptorpb.DescriptorProto{Name: new(name)}
	names, numbers := make(map[string]bool), make(map[int32]bool)
	number := int32(0)
	for _, f := range fields {
		if number++; f.Number != 0 {
			number = f.Number
		}
		if !protoreflect.Name(f.Name).IsValid() {
			b.fail("message %s: %q is no field name of Protobuf, which has letters, digits and _, and no digit at the beginning; name it otherwise", name, f.Name)
		}
		if names[f.Name] || numbers[number] {
			b.fail("message %s: the field %s = %d has the name or the number of another field", name, f.Name, number)
		}
		names[f.Name], numbers[number] = true, true
		message.Field = append(message.Field, b.field(f, number))
	}
	b.file.MessageType = append(b.file.MessageType, message)
	return Type(b.qualified(name))
}

// Reserve forbids numbers for fields of a message that Message has returned.
func (b *Builder) Reserve(t Type, numbers ...NumberRange) {
	m := b.file.GetMessageType()[b.find(t)]
	for _, r := range numbers {
		m.ReservedRange = append(m.ReservedRange, &descriptorpb.DescriptorProto_ReservedRange{Start: new(r.From), End: new(r.To)})
	}
}

// find returns the place of a message in the file.
func (b *Builder) find(t Type) int {
	return slices.IndexFunc(b.file.GetMessageType(), func(m *descriptorpb.DescriptorProto) bool { return b.qualified(m.GetName()) == string(t) })
}

func (b *Builder) field(f BuiltField, number int32) *descriptorpb.FieldDescriptorProto {
	d := &descriptorpb.FieldDescriptorProto{Name: new(f.Name), Number: new(number), TypeName: new(string(f.Type))}
	if path, ok := known[f.Type]; ok {
		b.imports(path)
	}
	if kind, ok := scalarTypes[string(f.Type)]; ok {
		d.Type, d.TypeName = kind.Enum(), nil
	}
	d.Label = descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum()
	if f.Repeated {
		d.Label = descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum()
	}
	if f.Optional && !f.Repeated && d.TypeName == nil {
		d.Proto3Optional = new(true)
	}
	return d
}

// scalarTypes are the types of fields by their names in a .proto file.
var scalarTypes = func() map[string]descriptorpb.FieldDescriptorProto_Type {
	types := make(map[string]descriptorpb.FieldDescriptorProto_Type)
	for kind := range wireTypes {
		if kind != protoreflect.MessageKind && kind != protoreflect.GroupKind && kind != protoreflect.EnumKind {
			types[kind.String()] = descriptorpb.FieldDescriptorProto_Type(kind)
		}
	}
	return types
}()

// declare notes that the file has a name. original is what it is a copy of.
func (b *Builder) declare(name string, original protoreflect.FullName) {
	if other, taken := b.added[name]; taken {
		b.fail("the schema would have two types %s: a copy of %s and %s; choose another name, or import the file of one of them", name, described(other), described(original))
	}
	if !protoreflect.Name(name).IsValid() {
		b.fail("%q is no name of Protobuf, which has letters, digits and _, and no digit at the beginning", name)
	}
	b.added[name] = original
}

func described(original protoreflect.FullName) string {
	if original == "" {
		return "the new message"
	}
	return string(original)
}

func (b *Builder) qualified(name string) string {
	if pkg := b.file.GetPackage(); pkg != "" {
		return pkg + "." + name
	}
	return name
}

// First makes a message that Message has returned the first one of the file, so that its message index is one byte. The others are ordered by
// name, so that the text does not depend on the order in which they were added.
func (b *Builder) First(t Type) {
	slices.SortFunc(b.file.GetMessageType(), func(x, y *descriptorpb.DescriptorProto) int { return strings.Compare(x.GetName(), y.GetName()) })
	if i := b.find(t); i > 0 {
		first := b.file.MessageType[i]
		copy(b.file.MessageType[1:i+1], b.file.MessageType[:i])
		b.file.MessageType[0] = first
	}
}

// Text is the file, which Parse takes together with what it imports.
func (b *Builder) Text() (string, error) {
	if err := errors.Join(b.errs...); err != nil {
		return "", err
	}
	p := printer{proto2: b.file.GetSyntax() == "proto2"}
	p.file(&b.file)
	return strings.TrimLeft(p.text.String(), "\n"), nil
}
