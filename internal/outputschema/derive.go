package outputschema

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/format/avro"
	"github.com/loaderline/loaderline/internal/format/protobuf"
	"github.com/loaderline/loaderline/internal/lookupext"
)

// Config says what schema is derived.
type Config struct {
	Format format.Format
	// Name and Namespace are those of the schema's record or message. Name defaults to Enriched.
	Name, Namespace string
	// Types are the types of values by their paths in the output, such as user.price or purchases[].tags. They replace those that are known.
	Types map[string]lookupext.ColumnType
	// NotNull are the paths of values that are never null. An event for which one is null cannot be encoded. Protobuf knows nothing like
	// it: it writes such a value as zero, so that NotNull has to be empty.
	NotNull []string
	// Previous is the schema of Protobuf that outputs had before: its fields keep their numbers, and no number gets another field. Optional.
	Previous *protobuf.Schema
}

// FullName is the name of the schema's record or message with its namespace.
func (c Config) FullName() string {
	name := cmp.Or(c.Name, defaultName)
	if c.Namespace == "" {
		return name
	}
	return c.Namespace + "." + name
}

// Writer is the schema that events are written with. The zero value is that of events without one.
type Writer struct {
	Avro     *avro.Schema
	Protobuf *protobuf.Message
}

// Schema is a schema of the output.
type Schema struct {
	Format format.Format
	Text   string
	// Avro is the schema itself, and Message the type of the values of Protobuf. The others are nil.
	Avro    *avro.Schema
	Message *protobuf.Message
	// Name is the full name of its record or message, or the title.
	Name string
}

// defaultName is the default of Config.Name.
const defaultName = "Enriched"

// Derive returns the schema of an output of a form, for events of a writer. Its error joins one for each value that stands in the way,
// each of which is a *ValueError, or is of the schema as a whole.
func Derive(form *Form, writer Writer, cfg Config) (*Schema, error) {
	cfg.Name = cmp.Or(cfg.Name, defaultName)
	r := resolver{cfg: cfg, writer: writer, used: map[string]bool{}}
	if cfg.Format == format.Protobuf {
		for _, path := range cfg.NotNull {
			r.errs = append(r.errs, &ValueError{Path: path, Setting: "not_null", Reason: "Protobuf cannot say that a field is never null; remove not_null"})
		}
	}
	root := r.value("", form)
	r.unused()
	if len(r.errs) == 0 && root.kind != object && cfg.Format != format.JSONSchema {
		r.fail("", "%s needs an object; write output.value with a name for it, such as value: {event: event}", cfg.Format)
	}
	if err := errors.Join(r.errs...); err != nil {
		return nil, err
	}
	switch cfg.Format {
	case format.Avro:
		return deriveAvro(root, cfg)
	case format.Protobuf:
		return deriveProtobuf(root, cfg)
	default:
		return deriveJSON(root, cfg)
	}
}

// ValueError says why the type of a value of the output is not known, or cannot be in the schema.
type ValueError struct {
	// Path is that of the value in the output, as Config.Types has it. It is empty for the whole value.
	Path string
	// Setting says which of Config's lists is wrong, types or not_null; empty for none.
	Setting string
	Reason  string
}

func (e *ValueError) Error() string {
	switch {
	case e.Setting != "":
		return e.Reason
	case e.Path == "":
		return "the value: " + e.Reason
	default:
		return fmt.Sprintf("%s: %s", e.Path, e.Reason)
	}
}
