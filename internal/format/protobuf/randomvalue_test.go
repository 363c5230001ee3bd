package protobuf_test

import (
	"math"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
	"pgregory.net/rapid"
)

// valueMaker makes random messages that protojson can write.
type valueMaker struct {
	t      *rapid.T
	oracle oracle
	root   protoreflect.FullName // a message of the schema, for Anys
}

func (v valueMaker) chance(label string) bool { return rapid.Bool().Draw(v.t, label) }

func (v valueMaker) message(d protoreflect.MessageDescriptor, depth int) protoreflect.Message {
	m := dynamicpb.NewMessage(d)
	v.fill(m, depth)
	return m
}

func (v valueMaker) fill(m protoreflect.Message, depth int) {
	if v.fillKnown(m, depth) {
		return
	}
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		v.fillField(m, fields.Get(i), depth)
	}
	extensions := m.Descriptor().Extensions()
	for i := range extensions.Len() {
		if x := extensions.Get(i); x.ContainingMessage() == m.Descriptor() {
			v.fillField(m, dynamicpb.NewExtensionType(x).TypeDescriptor(), depth)
		}
	}
}

func (v valueMaker) fillField(m protoreflect.Message, f protoreflect.FieldDescriptor, depth int) {
	if f.Cardinality() != protoreflect.Required && (depth > 4 || !v.chance("set")) {
		return
	}
	switch {
	case f.IsMap():
		for range rapid.IntRange(0, 12).Draw(v.t, "entries") {
			m.Mutable(f).Map().Set(v.scalar(f.MapKey()).MapKey(), v.value(f.MapValue(), depth))
		}
	case f.IsList():
		for range rapid.IntRange(0, 4).Draw(v.t, "elements") {
			m.Mutable(f).List().Append(v.value(f, depth))
		}
	default:
		m.Set(f, v.value(f, depth))
	}
}

func (v valueMaker) value(f protoreflect.FieldDescriptor, depth int) protoreflect.Value {
	if f.Message() != nil {
		return protoreflect.ValueOfMessage(v.message(f.Message(), depth+1))
	}
	return v.scalar(f)
}

func (v valueMaker) scalar(f protoreflect.FieldDescriptor) protoreflect.Value {
	switch f.Kind() {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(v.chance("bool"))
	case protoreflect.EnumKind:
		if f.Enum().FullName() == "google.protobuf.NullValue" {
			return protoreflect.ValueOfEnum(0)
		}
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(rapid.SampledFrom([]int32{0, 1, 1000, -5, 7, math.MaxInt32}).Draw(v.t, "enum")))
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return protoreflect.ValueOfInt32(rapid.Int32().Draw(v.t, "int32"))
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return protoreflect.ValueOfInt64(rapid.Int64().Draw(v.t, "int64"))
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return protoreflect.ValueOfUint32(rapid.Uint32().Draw(v.t, "uint32"))
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return protoreflect.ValueOfUint64(rapid.Uint64().Draw(v.t, "uint64"))
	case protoreflect.FloatKind:
		return protoreflect.ValueOfFloat32(v.float32())
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(v.float64())
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes(rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(v.t, "bytes"))
	default:
		return protoreflect.ValueOfString(v.text())
	}
}

func (v valueMaker) text() string {
	return rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-z"\\ é\n]{0,20}`)).Draw(v.t, "string")
}

func (v valueMaker) float32() float32 {
	if v.chance("any float") {
		return rapid.Float32().Draw(v.t, "float32")
	}
	return float32(rapid.SampledFrom([]float64{0, math.Copysign(0, -1), 1, 0.1, 1e21, 1e-7, 1 << 24, math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat32, math.SmallestNonzeroFloat32}).Draw(v.t, "float32"))
}

func (v valueMaker) float64() float64 {
	if v.chance("any double") {
		return rapid.Float64().Draw(v.t, "float64")
	}
	return rapid.SampledFrom([]float64{0, math.Copysign(0, -1), 1, 0.1, 1e21, 1e-7, 1 << 53, math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, math.SmallestNonzeroFloat64}).Draw(v.t, "float64")
}

func (v valueMaker) fillKnown(m protoreflect.Message, depth int) bool {
	fields := m.Descriptor().Fields()
	set := func(i int, value any) { m.Set(fields.Get(i), protoreflect.ValueOf(value)) }
	nanos := func() int32 {
		return rapid.SampledFrom([]int32{0, 1, 1000, 1_000_000, 500_000_000, 999_999_999}).Draw(v.t, "nanos")
	}
	switch m.Descriptor().FullName() {
	case "google.protobuf.Timestamp":
		set(0, rapid.Int64Range(-62135596800, 253402300799).Draw(v.t, "seconds"))
		set(1, nanos())
	case "google.protobuf.Duration":
		sign := rapid.SampledFrom([]int32{1, -1}).Draw(v.t, "sign")
		set(0, int64(sign)*rapid.Int64Range(0, 315576000000).Draw(v.t, "seconds"))
		set(1, sign*nanos())
	case "google.protobuf.FieldMask":
		for _, path := range rapid.SliceOfN(rapid.StringMatching(`[a-z]{1,3}(_[a-z]{1,2})?(\.[a-z])?`), 0, 3).Draw(v.t, "paths") {
			m.Mutable(fields.Get(0)).List().Append(protoreflect.ValueOfString(path))
		}
	case "google.protobuf.Any":
		v.fillAny(m, depth)
	case "google.protobuf.Value":
		v.fillValue(m, depth)
	default:
		return false
	}
	return true
}

func (v valueMaker) fillAny(m protoreflect.Message, depth int) {
	if depth > 4 {
		return
	}
	types := []protoreflect.FullName{"google.protobuf.Timestamp", "google.protobuf.Duration", "google.protobuf.StringValue", "google.protobuf.Struct", v.root}
	name := rapid.SampledFrom(types).Draw(v.t, "type")
	t, err := v.oracle.types.FindMessageByName(name)
	if err != nil {
		v.t.Fatal(err)
	}
	body, err := proto.MarshalOptions{Deterministic: true}.Marshal(v.message(t.Descriptor(), depth+1).Interface())
	if err != nil {
		v.t.Fatal(err)
	}
	m.Set(m.Descriptor().Fields().Get(0), protoreflect.ValueOfString("type.googleapis.com/"+string(name)))
	m.Set(m.Descriptor().Fields().Get(1), protoreflect.ValueOfBytes(body))
}

func (v valueMaker) fillValue(m protoreflect.Message, depth int) {
	kinds := 6
	if depth > 4 {
		kinds = 4
	}
	f := m.Descriptor().Fields().Get(rapid.IntRange(0, kinds-1).Draw(v.t, "kind"))
	if f.Kind() == protoreflect.DoubleKind {
		m.Set(f, protoreflect.ValueOfFloat64(rapid.Float64Range(-1e30, 1e30).Draw(v.t, "number")))
		return
	}
	m.Set(f, v.value(f, depth))
}
