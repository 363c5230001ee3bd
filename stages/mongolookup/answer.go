package mongolookup

import (
	"bytes"
	"fmt"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"

	"github.com/loaderline/loaderline/internal/plural"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// answers gathers the documents of one call by key.
type answers struct {
	lookup *mongoLookup
	batch  *stages.Batch[lookup.Key, []byte]
	places map[lookup.Key]int32
	found  []found // by the key's place in the batch
	render *renderer

	document int32 // the current one, from 1
	size     int64
	orphan   error // that of a document that could be of any key
	values   [][]bson.RawValue
	parts    [][]byte
	key      []byte
	visible  []byte
}

// found is what is known of one key.
type found struct {
	last   int32 // the latest document of the key
	n      int
	values [][]byte
	err    error
}

func newAnswers(l *mongoLookup, b *stages.Batch[lookup.Key, []byte]) *answers {
	a := &answers{
		lookup: l, batch: b, places: make(map[lookup.Key]int32, len(b.Keys)), found: make([]found, len(b.Keys)), render: newRenderer(l.extended),
		values: make([][]bson.RawValue, len(l.keys)), parts: make([][]byte, len(l.keys)),
	}
	for i, key := range b.Keys {
		a.places[key] = int32(i)
	}
	return a
}

// add takes a document, which may change after that. Its error ends the call.
func (a *answers) add(document bson.Raw) error {
	limit := a.lookup.client.cfg.MaxAnswerBytes
	if a.size += int64(len(document)); a.size > limit {
		return stages.WithClass(&mongoError{message: fmt.Sprintf("the documents of %s have more than %d bytes: lower max_keys",
			plural.Count(len(a.batch.Keys), "key"), limit)}, stages.Permanent)
	}
	a.document++
	whole := bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: document}
	for i, path := range a.lookup.keys {
		a.values[i] = appendAt(a.values[i][:0], whole, path)
		if n := len(a.values[i]); n == 0 || n > 1 && len(a.lookup.keys) > 1 {
			a.orphan = a.lookup.unusableKey(i, n)
			return nil
		}
	}
	asked := false
	for n := range a.values[0] {
		place, ok := a.place(n)
		asked = asked || ok
		if ok && a.found[place].last != a.document {
			a.collect(&a.found[place], document)
		}
	}
	if !asked {
		a.batch.Put("", nil) // It is counted.
	}
	return nil
}

// appendAt appends the values at a path, those in lists among them. Nothing and null are none.
func appendAt(dst []bson.RawValue, v bson.RawValue, path []string) []bson.RawValue {
	switch v.Type {
	case bson.TypeArray:
		elements, err := bsoncore.Document(v.Value).Elements()
		if err != nil {
			return dst
		}
		for _, e := range elements {
			element := e.Value()
			dst = appendAt(dst, bson.RawValue{Type: bson.Type(element.Type), Value: element.Data}, path)
		}
		return dst
	case bson.TypeEmbeddedDocument:
		if len(path) == 0 {
			break
		}
		value, err := bsoncore.Document(v.Value).LookupErr(path[0])
		if err != nil {
			return dst
		}
		return appendAt(dst, bson.RawValue{Type: bson.Type(value.Type), Value: value.Data}, path[1:])
	case bson.TypeNull, bson.TypeUndefined:
		return dst
	default:
	}
	if len(path) > 0 {
		return dst
	}
	return append(dst, v)
}

// unusableKey is the error of a document that does not have one value for a part of the key.
func (l *mongoLookup) unusableKey(part, values int) error {
	has := "no value"
	if values > 0 {
		has = "several values"
	}
	return stages.WithClass(&mongoError{message: fmt.Sprintf("a document of %s has %s at %s: correct key, or have find demand one",
		l.collection, has, strings.Join(l.keys[part], "."))}, stages.Unusable)
}

// place is that of the key whose first part is the n-th value. ok is false for a key that nobody asked for.
func (a *answers) place(n int) (place int32, ok bool) {
	for i, values := range a.values {
		v := values[0]
		if len(values) > 1 {
			v = values[n]
		}
		if a.parts[i], ok = appendKeyJSON(a.parts[i][:0], v, a.lookup.types[i]); !ok {
			return 0, false
		}
	}
	var err error
	if a.key, err = a.lookup.types.AppendCanonical(a.key[:0], a.parts...); err != nil {
		return 0, false
	}
	place, ok = a.places[lookup.Key(a.key)]
	return place, ok
}

// collect takes the current document as one of a key's.
func (a *answers) collect(f *found, document bson.Raw) {
	f.last = a.document
	f.n++
	if f.err != nil || f.n > 1 && !a.lookup.many {
		return
	}
	var err error
	if len(a.lookup.hidden) > 0 {
		if a.visible, err = appendWithout(a.visible[:0], bsoncore.Document(document), a.lookup.hidden, false); err == nil {
			document = a.visible
		}
	}
	value, err := a.render.render(document)
	if err != nil {
		f.err = stages.WithClass(err, stages.Permanent)
		return
	}
	f.values = append(f.values, value)
}

// settle settles the keys. The error applies to the keys that it leaves open.
func (a *answers) settle() error {
	for i := range a.found {
		switch f := &a.found[i]; {
		case f.n > 1 && !a.lookup.many:
			a.fail(i, stages.WithClass(&mongoError{message: fmt.Sprintf("%s for one key: many: true makes a list of them", plural.Count(f.n, "document"))}, stages.Permanent))
		case f.err != nil:
			a.fail(i, f.err)
		case f.n == 0 && a.orphan != nil:
		case f.n == 0:
			a.batch.Set(i, stages.Result[[]byte]{})
		case a.lookup.many:
			a.batch.Set(i, stages.Result[[]byte]{Value: listOf(f.values), State: stages.Loaded})
		default:
			a.batch.Set(i, stages.Result[[]byte]{Value: f.values[0], State: stages.Loaded})
		}
	}
	return a.orphan
}

func (a *answers) fail(i int, err error) {
	a.batch.Set(i, stages.Result[[]byte]{Err: err, State: stages.Failed})
}

// listOf returns the list of some values.
func listOf(values [][]byte) []byte {
	size := 2
	for _, value := range values {
		size += len(value) + 1
	}
	list := append(make([]byte, 0, size), '[')
	list = append(list, bytes.Join(values, []byte(","))...)
	return append(list, ']')
}
