package pipeline

import (
	"sync"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/jsondoc"
	"github.com/loaderline/loaderline/sink"
	"github.com/loaderline/loaderline/stages/lookup"
)

// Document is an event: a JSON object as it came, and the keys that were found in it. It shares the record's memory.
type Document struct {
	value []byte
	only  key             // where the events have one key path, without []
	keys  [][]key         // by key path of the event, otherwise
	seen  []jsondoc.Value // by field that conditions look at
	end   int32           // where the closing brace is
	taken bool            // some members stand where results go
	known []byte          // the fields that an earlier event with the same keys was given; it has no keys then
	since uint64          // the invalidations when it was decoded
}

// documents decodes events.
type documents struct {
	scanner *jsondoc.Scanner
	paths   []*keyPath
	fields  []int     // the scanner's paths of members that stand where results go
	seen    []int     // the scanner's paths of fields that conditions look at
	spare   sync.Pool // of *jsondoc.Result
	reuse   *reuse    // nil: each event is looked up
}

func (d *documents) decode(r loaderline.Record) (Document, error) {
	found, ok := d.spare.Get().(*jsondoc.Result)
	if !ok {
		found = &jsondoc.Result{}
	}
	defer d.spare.Put(found)
	found.Reset()
	if err := d.scanner.Scan(r.Value, found); err != nil {
		return Document{}, &loaderline.Failure{Kind: sink.KindDecode, Message: "the value " + err.Error()}
	}
	if !found.Object {
		return Document{}, &loaderline.Failure{Kind: sink.KindDecode, Message: "the value is no JSON object but " + kindOf(found)}
	}
	doc := Document{value: r.Value, end: found.Points[0][0]}
	if len(d.paths) == 1 && !d.paths[0].list() {
		doc.only = d.paths[0].at(0, r.Value, found)
	} else {
		doc.keys = d.keys(r.Value, found)
	}
	doc.seen = firstOf(found, d.seen)
	for _, f := range d.fields {
		doc.taken = doc.taken || found.Values[f][0].Kind == jsondoc.Found
	}
	d.reuse.look(&doc)
	return doc, nil
}

// keys are the keys of all paths. One allocation holds them, and another their places.
func (d *documents) keys(doc []byte, found *jsondoc.Result) [][]key {
	total := 0
	for _, p := range d.paths {
		total += len(found.Values[p.parts[0]])
	}
	all := make([]key, 0, total)
	keys := make([][]key, len(d.paths))
	for i, p := range d.paths {
		from := len(all)
		all = p.keys(all, doc, found)
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

// one is the key of a path without [].
func (d Document) one(path int) (lookup.Key, error) {
	k := d.only
	if d.keys != nil {
		k = d.keys[path][0]
	}
	return k.key, k.err
}
