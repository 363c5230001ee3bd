package protobuf

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/types/descriptorpb"
)

// printer writes a file as text.
type printer struct {
	text   strings.Builder
	indent int
	proto2 bool
}

func (p *printer) linef(format string, args ...any) {
	p.text.WriteString(strings.Repeat("  ", p.indent))
	fmt.Fprintf(&p.text, format+"\n", args...)
}

// block writes a declaration with what is within it.
func (p *printer) block(head string, within func()) {
	p.linef("%s {", head)
	p.indent++
	within()
	p.indent--
	p.linef("}")
}

func (p *printer) file(f *descriptorpb.FileDescriptorProto) {
	p.linef("syntax = %q;", f.GetSyntax())
	if f.GetPackage() != "" {
		p.linef("package %s;", f.GetPackage())
	}
	if len(f.GetDependency()) > 0 {
		p.linef("")
	}
	for _, path := range f.GetDependency() {
		p.linef("import %s;", quoted(path))
	}
	for _, m := range f.GetMessageType() {
		p.linef("")
		p.message(m)
	}
	for _, e := range f.GetEnumType() {
		p.linef("")
		p.enum(e)
	}
}

func (p *printer) message(m *descriptorpb.DescriptorProto) {
	p.block("message "+m.GetName(), func() { p.body(m) })
}

// body writes what is within a message. Entries of maps and groups stand where their fields are.
func (p *printer) body(m *descriptorpb.DescriptorProto) {
	p.reserved(m.GetReservedRange())
	inFields := make(map[string]*descriptorpb.DescriptorProto)
	groups := make(map[string]bool)
	for _, f := range m.GetField() {
		if f.GetType() == descriptorpb.FieldDescriptorProto_TYPE_GROUP {
			groups[lastName(f.GetTypeName())] = true
		}
	}
	for _, nested := range m.GetNestedType() {
		if groups[nested.GetName()] || nested.GetOptions().GetMapEntry() {
			inFields[nested.GetName()] = nested
			continue
		}
		p.message(nested)
	}
	for _, e := range m.GetEnumType() {
		p.enum(e)
	}
	oneof := int32(-1)
	for i, f := range m.GetField() {
		switch {
		case f.OneofIndex == nil || f.GetProto3Optional():
			p.field(f, inFields, p.label(f))
		case f.GetOneofIndex() != oneof:
			oneof = f.GetOneofIndex()
			p.block("oneof "+m.GetOneofDecl()[oneof].GetName(), func() { p.members(m.GetField()[i:], oneof, inFields) })
		}
	}
}

// reserved writes the numbers that no field may have.
func (p *printer) reserved(ranges []*descriptorpb.DescriptorProto_ReservedRange) {
	texts := make([]string, len(ranges))
	for i, r := range ranges {
		switch first, last := r.GetStart(), r.GetEnd()-1; last {
		case first:
			texts[i] = fmt.Sprint(first)
		case int32(protowire.MaxValidNumber):
			texts[i] = fmt.Sprintf("%d to max", first)
		default:
			texts[i] = fmt.Sprintf("%d to %d", first, last)
		}
	}
	if len(texts) > 0 {
		p.linef("reserved %s;", strings.Join(texts, ", "))
	}
}

// members writes the fields of a oneof, which stand together in a message.
func (p *printer) members(fields []*descriptorpb.FieldDescriptorProto, oneof int32, inFields map[string]*descriptorpb.DescriptorProto) {
	for _, f := range fields {
		if f.OneofIndex != nil && f.GetOneofIndex() == oneof {
			p.field(f, inFields, "")
		}
	}
}

// label is what stands before a field's type, with a space behind it.
func (p *printer) label(f *descriptorpb.FieldDescriptorProto) string {
	switch f.GetLabel() {
	case descriptorpb.FieldDescriptorProto_LABEL_REPEATED:
		return "repeated "
	case descriptorpb.FieldDescriptorProto_LABEL_REQUIRED:
		return "required "
	default:
		if p.proto2 || f.GetProto3Optional() {
			return "optional "
		}
		return ""
	}
}

func (p *printer) field(f *descriptorpb.FieldDescriptorProto, inFields map[string]*descriptorpb.DescriptorProto, label string) {
	body := inFields[lastName(f.GetTypeName())]
	switch {
	case f.GetType() == descriptorpb.FieldDescriptorProto_TYPE_GROUP:
		p.block(fmt.Sprintf("%sgroup %s = %d%s", label, body.GetName(), f.GetNumber(), fieldOptions(f)), func() { p.body(body) })
	case body.GetOptions().GetMapEntry() && f.GetLabel() == descriptorpb.FieldDescriptorProto_LABEL_REPEATED:
		entry := body.GetField()
		p.linef("map<%s, %s> %s = %d%s;", typeName(entry[0]), typeName(entry[1]), f.GetName(), f.GetNumber(), fieldOptions(f))
	default:
		p.linef("%s%s %s = %d%s;", label, typeName(f), f.GetName(), f.GetNumber(), fieldOptions(f))
	}
}

func typeName(f *descriptorpb.FieldDescriptorProto) string {
	if f.TypeName != nil {
		return strings.TrimPrefix(f.GetTypeName(), ".")
	}
	return strings.ToLower(strings.TrimPrefix(f.GetType().String(), "TYPE_"))
}

func lastName(typeName string) string { return typeName[strings.LastIndexByte(typeName, '.')+1:] }

// fieldOptions are the options that change how a field is read or written.
func fieldOptions(f *descriptorpb.FieldDescriptorProto) string {
	var options []string
	if f.DefaultValue != nil {
		options = append(options, "default = "+defaultValue(f))
	}
	if f.GetOptions() != nil && f.GetOptions().Packed != nil {
		options = append(options, fmt.Sprintf("packed = %t", f.GetOptions().GetPacked()))
	}
	if f.JsonName != nil && f.GetJsonName() != jsonName(f.GetName()) {
		options = append(options, "json_name = "+quoted(f.GetJsonName()))
	}
	if len(options) == 0 {
		return ""
	}
	return " [" + strings.Join(options, ", ") + "]"
}

func defaultValue(f *descriptorpb.FieldDescriptorProto) string {
	switch f.GetType() {
	case descriptorpb.FieldDescriptorProto_TYPE_STRING:
		return quoted(f.GetDefaultValue())
	case descriptorpb.FieldDescriptorProto_TYPE_BYTES:
		return `"` + f.GetDefaultValue() + `"` // It has its escapes.
	default:
		return f.GetDefaultValue()
	}
}

// quoted writes a string with the escapes of .proto files. What is not printable ASCII is three octal digits a byte.
func quoted(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(text) {
		switch c := text[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c > '~':
			fmt.Fprintf(&b, `\%03o`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// jsonName is the JSON name of a field that has no other one.
func jsonName(name string) string {
	var b strings.Builder
	upper := false
	for _, c := range []byte(name) {
		switch {
		case c == '_':
			upper = true
		case upper && 'a' <= c && c <= 'z':
			b.WriteByte(c - 'a' + 'A')
			upper = false
		default:
			b.WriteByte(c)
			upper = false
		}
	}
	return b.String()
}

func (p *printer) enum(e *descriptorpb.EnumDescriptorProto) {
	p.block("enum "+e.GetName(), func() {
		if e.GetOptions().GetAllowAlias() {
			p.linef("option allow_alias = true;")
		}
		for _, v := range e.GetValue() {
			p.linef("%s = %d;", v.GetName(), v.GetNumber())
		}
	})
}
