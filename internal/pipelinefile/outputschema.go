package pipelinefile

import (
	"strings"

	"github.com/loaderline/loaderline/internal/strictyaml"
)

// OutputSchema says where the schema of values comes from: it is derived, or it is that of File or of Subject.
type OutputSchema struct {
	Derive    bool   `key:"derive"`
	Name      string `key:"name"`
	Namespace string `key:"namespace"`
	// Types are the types of values by their paths in the output.
	Types   []OutputType `key:"types"`
	NotNull []string     `key:"not_null"`
	// File is joined with the folder of the pipeline file.
	File string `key:"file"`
	// Subject is a subject of the registry, and Version its version; 0 is the latest.
	Subject string `key:"subject"`
	Version int    `key:"version"`
	// Message is the message of a .proto file.
	Message string `key:"message"`
}

// OutputType is the type of a value of the output. Name is the path of the value, and Key the path of the type in the file, for errors.
type OutputType struct{ Name, Value, Key string }

func outputSchemaKeys() []strictyaml.Key {
	return []strictyaml.Key{
		{Path: "output.format", Type: strictyaml.TypeEnum, Default: "json", Enum: words(FormatJSON, FormatAvro, FormatProtobuf, FormatJSONSchema), Doc: "What the value of a record is: json, or avro, protobuf or json_schema with a schema."},
		{Path: "output.schema", Type: strictyaml.TypeSection, Doc: "The schema of values: derived, of a file, or of a subject. Defaults to derive: true."},
		{Path: "output.schema.derive", Type: strictyaml.TypeBoolean, Doc: "true: the schema is made from the schema of events and the columns of statements. All columns can be null. check --connect prints it."},
		{Path: "output.schema.name", Type: strictyaml.TypeString, Pattern: `^[A-Za-z_][A-Za-z0-9_]*$`, PatternDoc: "a schema's name has letters, digits and _, and no digit first", Doc: "The name of a derived record or message. Defaults to Enriched."},
		{Path: "output.schema.namespace", Type: strictyaml.TypeString, Pattern: `^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$`, PatternDoc: "a namespace is names with dots between them, such as shop.orders", Doc: "The namespace of a derived Avro schema, or the package of a derived .proto file. Defaults to none."},
		{Path: "output.schema.types", Type: strictyaml.TypeStrings, Example: `{user.price: "decimal(12,2)"}`, Doc: "Types of values by their paths in the output, for a derived schema: boolean, integer, bigint, decimal(12,2), real, double, text, uuid, bytes, date, time, timestamp, timestamptz, json (text), and lists such as text[]."},
		{Path: "output.schema.not_null", Type: strictyaml.TypeList, Example: "[user.id]", Doc: "Paths of values that are never null, for a derived schema. An event for which one is null becomes a dead letter."},
		{Path: "output.schema.file", Type: strictyaml.TypePath, Doc: "A file with the schema of all values: .avsc, .proto or JSON Schema."},
		{Path: "output.schema.subject", Type: strictyaml.TypeString, Example: "user-events-enriched-value", Doc: "The subject of the registry with the schema of all values."},
		{Path: "output.schema.version", Type: strictyaml.TypeInteger, Min: 1, Max: 1 << 30, Doc: "The version of subject. Defaults to the latest at start."},
		{Path: "output.schema.message", Type: strictyaml.TypeString, Example: "shop.Enriched", Doc: "Protobuf: the message of file or subject that values are. Defaults to its only one."},
		{Path: "output.subject", Type: strictyaml.TypeString, Default: "topic", Doc: "The subject with the schema of values: topic (TOPIC-value), record (the full name of the record), topic_record (both with - between them), or any other text as it is."},
		{Path: "output.register", Type: strictyaml.TypeBoolean, Default: "false", Doc: "true: schemas that the subject does not have are registered, normalized. false: they have to be there."},
		{Path: "output.id", Type: strictyaml.TypeEnum, Default: "prefix", Enum: words(SchemaIDPrefix, SchemaIDHeader, SchemaIDNone), Doc: "Where a record has the ID of its schema: prefix, before the value; header, in the header __value_schema_id, as a GUID if the registry has them; none, nowhere, which needs no registry."},
	}
}

// checkOutputSchema checks the keys about the schema of values.
func (c *checker) checkOutputSchema(o *Output) {
	if !o.Format.HasSchema() {
		for _, key := range []string{"schema", "subject", "register", "id"} {
			if at := "output." + key; c.Has(at) && c.Valid("output.format") {
				c.Fail(at, "is for values with a schema, and output.format is json; write format: avro, protobuf or json_schema, or remove the key")
			} else if c.Has(at) && !c.Has("output.format") {
				c.Fail(at, "is for values with a schema; write output.format: avro, protobuf or json_schema, or remove the key")
			}
		}
		return
	}
	if o.Schema == nil {
		o.Schema = &OutputSchema{}
	}
	c.checkSchemaOrigin(o)
	switch {
	case c.FailedBelow("output"):
	case o.ID != SchemaIDNone && !c.Has("registry"):
		c.Fail("output.format", "nothing has the IDs of schemas; add registry: {url: ...}, or output.id: none for values without one")
	case o.ID == SchemaIDNone && o.Register:
		c.Fail("output.register", "values have no ID, so that nothing needs the registered schema; remove register, or id: none")
	case o.Schema.Subject != "" && c.Has("output.subject"):
		c.Fail("output.subject", "output.schema.subject has the schema already; remove output.subject")
	case o.Schema.Subject != "" && o.Register:
		c.Fail("output.register", "the schema of output.schema.subject is registered already; remove register")
	}
}

// checkSchemaOrigin checks that there is one schema, and that no key is about another.
func (c *checker) checkSchemaOrigin(o *Output) {
	const section = "output.schema"
	s := o.Schema
	var origins []string
	for _, key := range []string{"derive", "file", "subject"} {
		if c.Has(section+"."+key) && (key != "derive" || s.Derive) {
			origins = append(origins, key)
		}
	}
	switch {
	case c.FailedBelow(section):
		return
	case len(origins) > 1:
		c.Fail(section, "there are %s, and a schema comes from one of them; remove the others", strings.Join(origins, " and "))
		return
	case len(origins) == 0 && c.Has(section+".derive"):
		c.Fail(section+".derive", "nothing says which schema values have; write file or subject, or derive: true")
		return
	}
	s.Derive = len(origins) == 0 || s.Derive
	c.only(section, s.Derive, "a derived schema", "name", "namespace", "types", "not_null")
	c.only(section, s.Subject != "", "the schema of a subject", "version")
	c.only(section, !s.Derive && o.Format == FormatProtobuf, "a .proto file or the subject of one", "message")
	if o.Format == FormatProtobuf && len(s.NotNull) > 0 {
		c.Fail(section+".not_null", "Protobuf cannot say that a field is never null; remove not_null")
	}
	if s.Subject != "" && !c.Has("registry") {
		c.Fail(section+".subject", "there is no registry that has the subject; add registry: {url: ...}")
	}
}

// only refuses keys of a section that are for something that the file does not have.
func (c *checker) only(section string, has bool, what string, keys ...string) {
	for _, key := range keys {
		if at := section + "." + key; !has && c.Has(at) {
			c.Fail(at, "is for %s; remove it", what)
		}
	}
}
