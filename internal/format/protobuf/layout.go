package protobuf

import (
	"fmt"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

// layout is a message type, compiled for reading and writing. It does not change once its schema is parsed.
type layout struct {
	name     string
	fields   []field          // in the order of the descriptor, extensions behind them
	near     []int32          // the index of a field plus 1, by number; 0: none
	far      map[uint64]int32 // the same, of numbers that are too large for near
	names    map[string]int32 // the index of a field by its name and by its JSON name
	required []int32
	oneofs   int
	special  special
}

type shape uint8

const (
	singular shape = iota
	list
	mapping
)

type field struct {
	name      string
	key       []byte // the name as it stands in JSON, with its colon
	number    protowire.Number
	kind      protoreflect.Kind
	wire      protowire.Type
	shape     shape
	packed    bool // a writer packs its elements
	implicit  bool // it has no presence
	extension bool
	oneof     int32   // the number of its oneof, or -1
	message   *layout // of a message or group; of a map the entry, whose fields are key and value
	enum      *enum
}

// find returns the index of the field of a number, or -1.
func (l *layout) find(number uint64) int {
	if number < uint64(len(l.near)) {
		return int(l.near[number]) - 1
	}
	return int(l.far[number]) - 1
}

// packable says whether elements of the field may stand in one length-delimited value.
func (f *field) packable() bool {
	return f.shape == list && (f.wire == protowire.VarintType || f.wire == protowire.Fixed32Type || f.wire == protowire.Fixed64Type)
}

// isMessage says whether the field's values are messages.
func (f *field) isMessage() bool {
	return f.kind == protoreflect.MessageKind || f.kind == protoreflect.GroupKind
}

// nullable says whether null is one of the field's values.
func (f *field) nullable() bool {
	return f.enum != nil && f.enum.null || f.message != nil && f.message.special == dynamicValue
}

// compile fills the layouts of all messages of files.
func compile(files []protoreflect.FileDescriptor, messages map[string]*Message) (map[string]*layout, error) {
	c := compilation{layouts: make(map[string]*layout, len(messages)), enums: make(map[protoreflect.FullName]*enum)}
	for name, m := range messages {
		c.layouts[name] = m.layout
	}
	extensions := make(map[string][]protoreflect.FieldDescriptor)
	for _, f := range files {
		extensionsIn(f, extensions)
	}
	for name, m := range messages {
		if options, ok := m.descriptor.Options().(*descriptorpb.MessageOptions); ok && options.GetMessageSetWireFormat() {
			return nil, fmt.Errorf("message %s has message_set_wire_format, which is not supported", name)
		}
		c.fill(m.layout, m.descriptor, extensions[name])
	}
	return c.layouts, nil
}

// extensionsIn collects the extensions of a file or of a message and those below it, by the message that they extend.
func extensionsIn(scope interface {
	Extensions() protoreflect.ExtensionDescriptors
	Messages() protoreflect.MessageDescriptors
}, into map[string][]protoreflect.FieldDescriptor,
) {
	for i := range scope.Extensions().Len() {
		x := scope.Extensions().Get(i)
		extended := string(x.ContainingMessage().FullName())
		into[extended] = append(into[extended], x)
	}
	for i := range scope.Messages().Len() {
		extensionsIn(scope.Messages().Get(i), into)
	}
}

type compilation struct {
	layouts map[string]*layout
	enums   map[protoreflect.FullName]*enum
}

func (c *compilation) fill(l *layout, d protoreflect.MessageDescriptor, extensions []protoreflect.FieldDescriptor) {
	l.special = specialOf(d)
	l.names = make(map[string]int32)
	for i := range d.Fields().Len() {
		l.add(c.field(d.Fields().Get(i)), d.Fields().Get(i))
	}
	for _, x := range extensions {
		l.add(c.field(x), x)
	}
	l.oneofs = d.Oneofs().Len()
	l.number()
}

func (l *layout) add(f field, d protoreflect.FieldDescriptor) {
	i := int32(len(l.fields))
	if d.Cardinality() == protoreflect.Required {
		l.required = append(l.required, i)
	}
	// A name wins over another field's JSON name. A group has its name in lower case too.
	for _, other := range []string{d.JSONName(), string(d.Name())} {
		if _, taken := l.names[other]; !taken && !f.extension {
			l.names[other] = i
		}
	}
	l.names[f.name] = i
	l.fields = append(l.fields, f)
}

// number makes the tables of fields by number.
func (l *layout) number() {
	near := protowire.Number(4*len(l.fields) + 64)
	highest := protowire.Number(-1)
	for _, f := range l.fields {
		if f.number < near {
			highest = max(highest, f.number)
		}
	}
	l.near = make([]int32, highest+1)
	for i, f := range l.fields {
		if f.number < near {
			l.near[f.number] = int32(i) + 1
			continue
		}
		if l.far == nil {
			l.far = make(map[uint64]int32)
		}
		l.far[uint64(f.number)] = int32(i) + 1
	}
}

func (c *compilation) field(d protoreflect.FieldDescriptor) field {
	f := field{
		name: d.TextName(), number: d.Number(), kind: d.Kind(), wire: wireTypes[d.Kind()],
		packed: d.IsPacked(), implicit: !d.HasPresence(), extension: d.IsExtension(), oneof: -1,
	}
	if f.extension {
		f.implicit = false
	}
	f.key = append(strconv.AppendQuote(nil, f.name), ':') // Names are identifiers: nothing to escape.
	switch {
	case d.IsMap():
		f.shape = mapping
	case d.IsList():
		f.shape = list
	}
	if o := d.ContainingOneof(); o != nil && !o.IsSynthetic() {
		f.oneof = int32(o.Index())
	}
	if f.isMessage() {
		f.message = c.layouts[string(d.Message().FullName())]
	}
	if f.kind == protoreflect.EnumKind {
		f.enum = c.enum(d.Enum())
	}
	return f
}

var wireTypes = map[protoreflect.Kind]protowire.Type{
	protoreflect.BoolKind: protowire.VarintType, protoreflect.EnumKind: protowire.VarintType,
	protoreflect.Int32Kind: protowire.VarintType, protoreflect.Sint32Kind: protowire.VarintType, protoreflect.Uint32Kind: protowire.VarintType,
	protoreflect.Int64Kind: protowire.VarintType, protoreflect.Sint64Kind: protowire.VarintType, protoreflect.Uint64Kind: protowire.VarintType,
	protoreflect.Sfixed32Kind: protowire.Fixed32Type, protoreflect.Fixed32Kind: protowire.Fixed32Type, protoreflect.FloatKind: protowire.Fixed32Type,
	protoreflect.Sfixed64Kind: protowire.Fixed64Type, protoreflect.Fixed64Kind: protowire.Fixed64Type, protoreflect.DoubleKind: protowire.Fixed64Type,
	protoreflect.StringKind: protowire.BytesType, protoreflect.BytesKind: protowire.BytesType, protoreflect.MessageKind: protowire.BytesType,
	protoreflect.GroupKind: protowire.StartGroupType,
}
