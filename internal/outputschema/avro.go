package outputschema

import (
	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/format/avro"
	"github.com/loaderline/loaderline/internal/lookupext"
)

// deriveAvro makes an Avro schema.
func deriveAvro(root *value, cfg Config) (*Schema, error) {
	b := avroBuilder{names: newTypeNames(cfg.Name), namespace: cfg.Namespace}
	schema, err := avro.Build(b.record(root))
	if err != nil {
		return nil, err
	}
	return &Schema{Format: format.Avro, Text: schema.Text(), Avro: schema, Name: schema.Name()}, nil
}

type avroBuilder struct {
	names     *typeNames
	namespace string
}

func (b *avroBuilder) record(v *value) avro.Type {
	name := b.names.of(v.path)
	fields := make([]avro.FieldType, len(v.fields))
	for i, f := range v.fields {
		fields[i] = avro.FieldType{Name: f.name, Type: b.of(f.value)}
	}
	return avro.Record(name, b.namespace, fields...)
}

func (b *avroBuilder) of(v *value) avro.Type {
	var t avro.Type
	switch v.kind {
	case object:
		t = b.record(v)
	case list:
		t = avro.ArrayOf(b.of(v.item))
	case avroValue:
		t = avro.Of(v.avro)
	default:
		t = avroColumn(v.column)
	}
	if v.nullable {
		return avro.Nullable(t)
	}
	return t
}

var avroTypes = map[lookupext.ColumnKind]avro.Plain{
	lookupext.Boolean: avro.Boolean, lookupext.Integer: avro.Int, lookupext.Bigint: avro.Long, lookupext.Real: avro.Float,
	lookupext.Double: avro.Double, lookupext.UUID: avro.UUID, lookupext.Bytes: avro.Bytes, lookupext.Date: avro.Date,
	lookupext.Time: avro.TimeOfDay, lookupext.Timestamp: avro.LocalTimestamp, lookupext.Timestamptz: avro.Timestamp,
}

// avroColumn is the type of a column. A number without bounds and JSON are strings.
func avroColumn(c lookupext.ColumnType) avro.Type {
	switch {
	case c.Kind == lookupext.Array:
		return avro.ArrayOf(avro.Nullable(avroColumn(*c.Item)))
	case c.Kind == lookupext.Numeric && c.Precision > 0:
		return avro.Decimal(c.Precision, c.Scale)
	}
	if t, is := avroTypes[c.Kind]; is {
		return t.Type()
	}
	return avro.String.Type()
}
