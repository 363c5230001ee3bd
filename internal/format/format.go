package format

// Format is a format of values that have a schema.
type Format uint8

// The formats.
const (
	Avro Format = iota
	Protobuf
	JSONSchema
)

func (f Format) String() string { return [...]string{"Avro", "Protobuf", "JSON Schema"}[f] }
