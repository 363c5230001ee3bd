package jsonenrich

import (
	"errors"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/codec"
	"github.com/loaderline/loaderline/internal/jsondoc"
	"github.com/loaderline/loaderline/stages/lookup"
)

// Document is an event as JSON, and what was found in it. Its bytes belong to the record.
type Document struct {
	value     []byte
	singleKey key             // the key if events have one key path, and that has no []
	keys      [][]key         // by key path of the event, otherwise
	fields    []jsondoc.Value // of expressions and outputs, by number
	extra     *extra          // nil if there is nothing beside the bytes
	written   *codec.Value    // what the event was written with; nil for formats without a schema
	closing   int32           // the offset of the closing brace
	tail      codec.Tail      // how results are encoded behind the bytes of the event; zero: as JSON
	overlaps  bool            // the event has members with the names of results
	reused    []byte          // the encoded results of an earlier event with the same keys; the Document has no keys then
	since     uint64          // Reuse.changes before it was decoded
}

// DecoderConfig says what events are.
type DecoderConfig struct {
	// Format is the format of the value, KeyFormat that of the record's key.
	Format, KeyFormat Format
	// Values decodes values that have a schema, and Keys such keys. The format is then JSON. Optional.
	Values, Keys *codec.Decoder
	// Reuse has the results of earlier events. Optional.
	Reuse *Reuse
}

// Decoder decodes events.
type Decoder struct {
	Paths

	format   Format
	schemas  *codec.Decoder // nil: values have no schema
	spliced  *codec.Encoder // of outputs that have the bytes of their events; nil: they have JSON
	root     int            // the scanner's number of the event itself
	overlaps []int          // the scanner's numbers of members with the names of results
	reuse    *Reuse         // nil: every event is looked up
	where    *filter        // nil: all events are taken
	inEvent  children       // the nodes whose results are in the event
}

// NewDecoder returns a Decoder.
func NewDecoder(cfg DecoderConfig) *Decoder {
	return &Decoder{Paths: Paths{keyFormat: cfg.KeyFormat, keySchemas: cfg.Keys}, format: cfg.Format, schemas: cfg.Values, reuse: cfg.Reuse}
}

// Compile ends the adding of paths. names are the names of results that replace members of the event; nil for none.
func (d *Decoder) Compile(names map[string]bool) {
	d.root = d.point(jsondoc.Path{Root: EventRoot})
	for name := range names {
		d.overlaps = append(d.overlaps, d.value(jsondoc.Path{Root: EventRoot, Steps: []jsondoc.Step{{Name: name}}}))
	}
	d.compile()
}

// Decode finds the keys of an event. Its error is a *loaderline.Failure, or loaderline.ErrFiltered. The Document shares the
// record's memory.
func (d *Decoder) Decode(r loaderline.Record) (Document, error) {
	s := d.getScanned()
	defer d.putScanned(s)
	var (
		written *codec.Value
		err     error
	)
	if d.schemas != nil {
		if written, err = d.decode(r.Value, r.Headers); err != nil {
			return Document{}, decodeFailure("%v", err)
		}
		s.doc = written.JSON
	} else if s.doc, err = d.json(r.Value); err != nil {
		return Document{}, decodeFailure("the value %v", err)
	}
	if err := d.scanner.Scan(s.doc, &s.found); err != nil {
		return Document{}, decodeFailure("the value %v", err)
	}
	if !s.found.Object && d.format == JSON {
		return Document{}, decodeFailure("the value is not a JSON object but %s", kindOf(&s.found))
	}
	doc := Document{value: s.doc, written: written, closing: s.found.Points[d.root][0]}
	if err := d.fill(&doc, &r, s); err != nil {
		return Document{}, err
	}
	if d.spliced != nil {
		doc.tail = d.spliced.Tail(written)
	}
	d.reuse.find(&doc)
	return doc, nil
}

// decode decodes a value that has a schema.
func (d *Decoder) decode(value []byte, headers []kgo.RecordHeader) (*codec.Value, error) {
	v, err := d.schemas.Decode(make([]byte, 0, 2*len(value)+64), value, headers)
	if err != nil {
		return nil, err
	}
	return &v, nil
}

// json returns the value as JSON: what is JSON already as it is.
func (d *Decoder) json(value []byte) ([]byte, error) {
	if d.format == JSON {
		return value, nil
	}
	return d.format.AppendJSON(make([]byte, 0, len(value)+2), value)
}

// fill fills in what a scan found.
func (d *Decoder) fill(doc *Document, r *loaderline.Record, s *scanned) error {
	doc.fields = d.fieldsOf(&s.found)
	if len(d.extra) > 0 {
		record := *r // Only here does the record need memory of its own.
		s.record = &record
		err := d.makeExtra(s)
		s.record = nil
		if err != nil {
			return err
		}
		doc.extra = s.extra
	}
	if err := d.where.check(doc); err != nil {
		return err
	}
	if err := d.inEvent.check(&s.found); err != nil {
		return decodeFailure("%v", err)
	}
	if len(d.inEvent.nodes) > 0 {
		doc.addPoints(&s.found)
	}
	if len(d.keys) == 1 && !d.keys[0].isList() {
		doc.singleKey = d.keys[0].at(0, s)
	} else {
		doc.keys = d.keysOf(s)
	}
	for _, f := range d.overlaps {
		doc.overlaps = doc.overlaps || s.found.Values[f][0].Kind == jsondoc.Found
	}
	return nil
}

// addPoints copies the places of results.
func (d *Document) addPoints(found *jsondoc.Result) {
	if d.extra == nil {
		d.extra = &extra{}
	}
	d.extra.points = newIndex(len(found.Points), countPoints(found)).appendPoints(found)
}

// keysOf returns the keys of all paths. One allocation holds them, and another the slices.
func (d *Decoder) keysOf(s *scanned) [][]key {
	total := 0
	for _, p := range d.keys {
		total += p.count(s)
	}
	all := make([]key, 0, total)
	keys := make([][]key, len(d.keys))
	for i, p := range d.keys {
		from := len(all)
		all = p.appendKeys(all, s)
		keys[i] = all[from:]
	}
	return keys
}

func kindOf(found *jsondoc.Result) string {
	switch {
	case found.Array:
		return "a list"
	case found.Object:
		return "an object"
	}
	return "a single value"
}

// single returns the key of a path without [].
func (d Document) single(path int) (lookup.Key, error) {
	k := d.singleKey
	if d.keys != nil {
		k = d.keys[path][0]
	}
	return k.key, k.err
}

// field returns a field of the event as JSON, nil where it is absent or null on the way.
func (d *Document) field(r Ref) ([]byte, error) {
	if r.extra {
		return d.extra.at(int(r.number))
	}
	return fieldIn(d.value, d.fields[r.number])
}

var errMismatch = errors.New("a value on the path is not an object")

// fieldIn returns a field of a document, nil where it is absent.
func fieldIn(json []byte, v jsondoc.Value) ([]byte, error) {
	if v.Kind == jsondoc.Mismatch {
		return nil, errMismatch
	}
	if v.Kind == jsondoc.Absent {
		return nil, nil
	}
	return v.In(json), nil
}
