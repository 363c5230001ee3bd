package jsonenrich

import (
	"sync"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/jsondoc"
	"github.com/loaderline/loaderline/sink"
	"github.com/loaderline/loaderline/stages/lookup"
)

// Document is an event: a JSON object as it came, and the keys in it. Its bytes belong to the record.
type Document struct {
	value     []byte
	singleKey key             // the key if events have one key path, and that has no []
	keys      [][]key         // by key path of the event, otherwise
	fields    []jsondoc.Value // of conditions, by number
	closing   int32           // the offset of the closing brace
	overlaps  bool            // the event has members with the names of results
	reused    *reused         // the results of an earlier event with the same keys; the Document has no keys then
	since     uint64          // the number of invalidations before it was decoded
}

// Decoder decodes events.
type Decoder struct {
	Paths

	overlaps []int     // the scanner's numbers of members with the names of results
	results  sync.Pool // of *jsondoc.Result
	reuse    *Reuse    // nil: every event is looked up
}

// NewDecoder returns a Decoder. An event gets its results from reuse if that has them; nil does without.
func NewDecoder(reuse *Reuse) *Decoder { return &Decoder{reuse: reuse} }

// Compile ends the adding of paths. names are the names of results that replace members of the event; nil for none.
func (d *Decoder) Compile(names map[string]bool) {
	d.point(jsondoc.Path{Root: EventRoot})
	for name := range names {
		d.overlaps = append(d.overlaps, d.value(jsondoc.Path{Root: EventRoot, Steps: []jsondoc.Step{{Name: name}}}))
	}
	d.compile()
}

// Decode finds the keys of an event. Its error is a *loaderline.Failure. The Document shares the record's memory.
func (d *Decoder) Decode(r loaderline.Record) (Document, error) {
	found, ok := d.results.Get().(*jsondoc.Result)
	if !ok {
		found = &jsondoc.Result{}
	}
	defer d.results.Put(found)
	found.Reset()
	if err := d.scanner.Scan(r.Value, found); err != nil {
		return Document{}, &loaderline.Failure{Kind: sink.KindDecode, Message: "the value " + err.Error()}
	}
	if !found.Object {
		return Document{}, &loaderline.Failure{Kind: sink.KindDecode, Message: "the value is not a JSON object but " + kindOf(found)}
	}
	doc := Document{value: r.Value, closing: found.Points[0][0]}
	if len(d.keys) == 1 && !d.keys[0].list() {
		doc.singleKey = d.keys[0].at(0, r.Value, found)
	} else {
		doc.keys = d.keysOf(r.Value, found)
	}
	doc.fields = d.fieldsOf(found)
	for _, f := range d.overlaps {
		doc.overlaps = doc.overlaps || found.Values[f][0].Kind == jsondoc.Found
	}
	d.reuse.find(&doc)
	return doc, nil
}

// keysOf returns the keys of all paths. One allocation holds them, and another the slices.
func (d *Decoder) keysOf(doc []byte, found *jsondoc.Result) [][]key {
	total := 0
	for _, p := range d.keys {
		total += len(found.Values[p.parts[0]])
	}
	all := make([]key, 0, total)
	keys := make([][]key, len(d.keys))
	for i, p := range d.keys {
		from := len(all)
		all = p.appendKeys(all, doc, found)
		keys[i] = all[from:]
	}
	return keys
}

func kindOf(found *jsondoc.Result) string {
	if found.Array {
		return "a list"
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
