// Package lookupanswer finds the items of an answer by their keys, whatever protocol brought the answer.
package lookupanswer

import (
	"bytes"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/loaderline/loaderline/internal/jsondoc"
	"github.com/loaderline/loaderline/internal/plural"
	"github.com/loaderline/loaderline/internal/serviceerr"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// Answers gathers the items of the answers to one batch by key. It is for one goroutine.
type Answers struct {
	// ContentType is the type of the answer for the error of one that is no JSON. Defaults to none.
	ContentType string

	layout *Layout
	batch  *stages.Batch[lookup.Key, []byte]
	places map[lookup.Key]int32
	found  []found // by the key's place in the batch

	turn  int32
	parts [][]byte
	key   []byte
	item  jsondoc.Result // of an item that is scanned by itself
}

// found is what is known of one key.
type found struct {
	turn  int32 // the request that asked for it, from 1
	n     int   // items, also those without a value
	items []jsondoc.Value
	err   error
}

// Answers returns what gathers the answers to a batch.
func (l *Layout) Answers(b *stages.Batch[lookup.Key, []byte]) *Answers {
	a := &Answers{
		layout: l, batch: b,
		places: make(map[lookup.Key]int32, len(b.Keys)), found: make([]found, len(b.Keys)), parts: make([][]byte, len(l.form.Types)),
	}
	for i, key := range b.Keys {
		a.places[key] = int32(i)
	}
	return a
}

// Settle settles the keys at some places by the answer to their request, which is JSON. An empty answer has no items. The error is
// unusable by stages.ClassOf. It applies to the keys that Settle leaves open.
func (a *Answers) Settle(body []byte, places []int32) error {
	body = trimmed(body)
	if len(body) == 0 {
		a.Miss(places)
		return nil
	}
	if a.layout.form.One {
		return a.settleOne(body)
	}
	var result jsondoc.Result
	if err := a.layout.scanner.Scan(body, &result); err != nil {
		return a.syntaxError(err)
	}
	if err := a.layout.checkItems(body, result.Values[listPath]); err != nil {
		return err
	}
	a.turn++
	for _, place := range places {
		a.found[place].turn = a.turn
	}
	var orphan error
	if a.layout.item != nil {
		if err := a.addNamed(body, result.Values[listPath][0]); err != nil {
			return err
		}
	} else {
		for i := range result.Values[itemPath] {
			if err := a.add(body, &result, i); err != nil {
				orphan = err
			}
		}
	}
	for _, place := range places {
		a.put(body, place, orphan != nil)
	}
	return orphan
}

// settleOne settles the only key by the answer, which is its item.
func (a *Answers) settleOne(body []byte) error {
	if err := a.scanItem(body, 0); err != nil {
		return err
	}
	a.collect(&a.found[0], body, &a.item, 0)
	a.put(body, 0, false)
	return nil
}

// trimmed is an answer without a byte order mark and the white space around it.
func trimmed(body []byte) []byte {
	return bytes.Trim(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")), " \t\r\n")
}

// Miss settles the keys at some places as missing.
func (a *Answers) Miss(places []int32) {
	for _, place := range places {
		a.batch.Set(int(place), stages.Result[[]byte]{})
	}
}

// add takes the i-th item. Its error is that of an item that could be of any key.
func (a *Answers) add(body []byte, result *jsondoc.Result, i int) error {
	if item := result.Values[itemPath][i]; isNothing(item, body) {
		return nil // A gap.
	}
	for n, path := range a.layout.keys {
		v := result.Values[path][i]
		if isNothing(v, body) {
			return serviceerr.Unusable("an item of the answer to %s has no key at %s: correct key", a.layout.form.From, a.layout.form.Key[n])
		}
		a.parts[n] = v.In(body)
	}
	place, asked := a.place()
	// A key of another request is that one's to settle.
	if asked && a.found[place].turn == a.turn {
		a.collect(&a.found[place], body, result, i)
	}
	return nil
}

// place is that of the key in parts. A key that nobody asked for, or can have asked for, is counted.
func (a *Answers) place() (int32, bool) {
	var err error
	if a.key, err = a.layout.form.Types.AppendCanonical(a.key[:0], a.parts...); err != nil {
		a.batch.Put("", nil)
		return 0, false
	}
	place, asked := a.places[lookup.Key(a.key)]
	if !asked {
		a.batch.Put(lookup.Key(a.key), nil)
	}
	return place, asked
}

// collect takes the i-th item as one of a key's.
func (a *Answers) collect(f *found, body []byte, result *jsondoc.Result, i int) {
	f.n++
	if a.layout.err != noPath {
		missing, err := a.layout.itemError(result.Values[a.layout.err][i], body)
		if f.err == nil {
			f.err = err
		}
		if missing || err != nil {
			return
		}
	}
	switch v := result.Values[a.layout.value][i]; {
	case isNothing(v, body):
	case a.layout.item != nil && a.layout.form.Many && body[v.From] != '[':
		f.err = stages.WithClass(&serviceerr.Error{Message: "the result of this key is not a list: leave out many: true"}, stages.Permanent)
	default:
		f.items = append(f.items, v)
	}
}

// put settles the key at a place. Where an item is of an unknown key, a key without items is left open.
func (a *Answers) put(body []byte, place int32, orphan bool) {
	i, f := int(place), &a.found[place]
	switch {
	case f.err != nil:
		a.batch.Set(i, stages.Result[[]byte]{Err: f.err, State: stages.Failed})
	case f.n > 1 && !a.layout.form.Many:
		a.batch.Set(i, stages.Result[[]byte]{Err: stages.WithClass(&serviceerr.Error{Message: fmt.Sprintf(
			"%s for one key: many: true makes a list of them", plural.Count(f.n, "item"))}, stages.Permanent), State: stages.Failed})
	case f.n == 0 && orphan:
	case len(f.items) == 0:
		a.batch.Set(i, stages.Result[[]byte]{})
	case a.layout.form.Many && a.layout.item == nil:
		a.batch.Set(i, stages.Result[[]byte]{Value: list(body, f.items), State: stages.Loaded})
	default:
		raw := f.items[0].In(body)
		value := appendCompact(make([]byte, 0, len(raw)), raw)
		if a.layout.form.Many && string(value) == "[]" {
			a.batch.Set(i, stages.Result[[]byte]{})
			break
		}
		a.batch.Set(i, stages.Result[[]byte]{Value: value, State: stages.Loaded})
	}
	f.items = nil // They are places in this body.
}

// list is the array of some values, in order.
func list(body []byte, items []jsondoc.Value) []byte {
	size := 1 + len(items)
	for _, v := range items {
		size += int(v.To - v.From)
	}
	value := append(make([]byte, 0, size), '[')
	for n, v := range items {
		if n > 0 {
			value = append(value, ',')
		}
		value = appendCompact(value, v.In(body))
	}
	return append(value, ']')
}

// appendCompact appends valid JSON without the white space between its tokens.
func appendCompact(dst, raw []byte) []byte {
	compact, err := jsontext.AppendFormat(dst, raw,
		jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true), jsontext.PreserveRawStrings(true))
	if err != nil {
		return append(dst, raw...) // The scanner has found it valid.
	}
	return compact
}

// isNothing reports whether a path leads to nothing, or to null.
func isNothing(v jsondoc.Value, body []byte) bool {
	return v.Kind != jsondoc.Found || body[v.From] == 'n'
}
