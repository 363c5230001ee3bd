package codec

import (
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/format/schemaid"
	"github.com/loaderline/loaderline/internal/outputschema"
	"github.com/loaderline/loaderline/internal/registry"
)

// Writer returns the schema that a value was written with. It is zero for nil, and for a JSON Schema.
func (v *Value) Writer() outputschema.Writer {
	if v == nil {
		return outputschema.Writer{}
	}
	w := outputschema.Writer{Avro: v.Schema.Avro}
	if v.Message != nil {
		w.Protobuf = v.Message.Message
	}
	return w
}

// Writers returns the schemas that records were written with, each once. Prepare must have returned for the records. Records that Decode
// refuses have none.
func (d *Decoder) Writers(records []*kgo.Record) []outputschema.Writer {
	var (
		writers []outputschema.Writer
		last    schemaid.ID // of a schema that has one writer alone
	)
	for found := range d.all(records) {
		if found.ID == last && last != (schemaid.ID{}) {
			continue
		}
		v, err := d.written(found)
		if err != nil {
			continue
		}
		if last = found.ID; v.Message != nil {
			last = schemaid.ID{}
		}
		if w := v.Writer(); !slices.Contains(writers, w) {
			writers = append(writers, w)
		}
	}
	return writers
}

// FileWriter returns the schema of a file that all values are written with. It is false if they say which schema they have.
func (d *Decoder) FileWriter() (outputschema.Writer, bool) {
	if d.cfg.File == nil || !d.cfg.NoID && d.cfg.File.Protobuf != nil {
		return outputschema.Writer{}, false
	}
	v := Value{Schema: d.cfg.File, Message: d.cfg.File.message}
	return v.Writer(), true
}

// LatestWriter compiles a schema of a registry as the writer of events that are still to come. Those of Protobuf are the first message.
func LatestWriter(f format.Format, s *registry.Schema, options format.Options) (outputschema.Writer, error) {
	compiled, err := compile(f, s, options)
	if err != nil {
		return outputschema.Writer{}, err
	}
	w := outputschema.Writer{Avro: compiled.Avro}
	if compiled.Protobuf != nil {
		w.Protobuf, err = compiled.Protobuf.MessageAt([]int{0})
	}
	return w, err
}
