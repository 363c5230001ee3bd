package jsonenrich

import (
	"fmt"
	"unsafe"

	"github.com/loaderline/loaderline/internal/jsondoc"
	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/internal/resultcache"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// Fragment is what was loaded for one key: a row or a list of rows, with the places that later stages need, found once. It owns
// its bytes, and it never changes. A cache holds very many of them, so they are few objects with few pointers.
type Fragment struct {
	json    []byte
	index   index // of json: see Fragments.fragment
	learned int   // what the sources of the keys had learned when the keys were made
	rare    *rare // nil for most
}

// rare is what few Fragments have.
type rare struct {
	// keys are, by key path, keys that are no part of the JSON, or that are errors. The others are in the index.
	keys [][]key
	// timeline has the versions if the fragment is all versions of a key. version is when it is valid if it is one of them.
	timeline *timeline
	version  *versionRow
}

// JSON returns the row or the list of rows. It must not be changed.
func (f *Fragment) JSON() []byte { return f.json }

// Fragments makes the Fragments of one loader.
type Fragments struct {
	Paths
	// Versions says that what a source returns for a key is a list of all versions of its rows. Many says that several rows may be
	// valid at a time.
	Versions, Many bool

	nested children // of all nodes with this loader: only their fields are looked at
}

// Source returns a source of Fragments, and ends the adding of paths.
func (f *Fragments) Source(from lookupext.Source) stages.Source[lookup.Key, *Fragment] {
	f.compile()
	return stages.Convert(from, f.Fragment)
}

// Fragment makes a Fragment of what a source returned for a key. The Fragment takes json over.
func (f *Fragments) Fragment(json []byte) (*Fragment, error) {
	if !f.Versions {
		return f.fragment(json)
	}
	line, err := f.timelineOf(json)
	if err != nil {
		return nil, err
	}
	return &Fragment{json: json, rare: &rare{timeline: line}}, nil
}

// fragment makes a Fragment of a row or a list of rows. Its index has the points, then the keys by their paths, and then the fields.
func (f *Fragments) fragment(json []byte) (*Fragment, error) {
	if f.scanner == nil {
		return &Fragment{json: json}, nil
	}
	learned := f.learned()
	s := f.getScanned()
	defer f.putScanned(s)
	if err := f.scan(s, json); err != nil {
		return nil, err
	}
	fragment := &Fragment{json: json, learned: learned}
	fragment.index = newIndex(len(f.points)+len(f.keys)+1, f.numbers(s))
	fragment.index = fragment.index.appendPoints(&s.found)
	for i := range f.keys {
		f.addKeyPath(fragment, s, i)
	}
	for _, field := range f.fields {
		fragment.index = fragment.index.appendValue(s.found.Values[field][0])
	}
	fragment.index.end(len(f.points) + len(f.keys))
	return fragment, nil
}

// scan scans the JSON of a Fragment.
func (f *Fragments) scan(s *scanned, json []byte) error {
	s.doc = json
	if err := f.scanner.Scan(json, &s.found); err != nil {
		return fmt.Errorf("the answer %w", err)
	}
	if err := f.nested.check(&s.found); err != nil {
		return err
	}
	return f.makeExtra(s)
}

// numbers returns how many numbers are in the lists of a Fragment's index.
func (f *Fragments) numbers(s *scanned) int {
	n := countPoints(&s.found) + numbersOfValue*len(f.fields)
	for _, p := range f.keys {
		n += numbersOfValue * p.count(s)
	}
	return n
}

// addKeyPath adds the keys of a path to a Fragment: to its index if each is a part of the JSON, or there is none.
func (f *Fragments) addKeyPath(fragment *Fragment, s *scanned, path int) {
	p, from := f.keys[path], len(fragment.index)
	for i := range p.count(s) {
		place, ok := p.place(i, s)
		if !ok {
			fragment.index = fragment.index[:from]
			fragment.setKeys(path, len(f.keys), p.appendKeys(nil, s))
			break
		}
		fragment.index = fragment.index.appendValue(place)
	}
	fragment.index.end(len(f.points) + path)
}

func (f *Fragment) setKeys(path, paths int, keys []key) {
	if f.rare == nil {
		f.rare = &rare{keys: make([][]key, paths)}
	}
	f.rare.keys[path] = keys
}

// learned counts what the sources of the keys have learned.
func (f *Fragments) learned() int {
	n := 0
	for _, p := range f.keys {
		n += p.learned()
	}
	return n
}

// eachKey calls add with each key of a Fragment for a path. It makes the keys again if a source has learned other types since.
func (f *Fragments) eachKey(fragment *Fragment, path int, add func(lookup.Key, error)) {
	if fragment.learned != f.learned() {
		if keys, ok := f.keysAgain(fragment, path); ok {
			addKeys(keys, add)
			return
		}
	}
	if fragment.rare != nil && fragment.rare.keys != nil && fragment.rare.keys[path] != nil {
		addKeys(fragment.rare.keys[path], add)
		return
	}
	list := fragment.index.list(len(f.points) + path)
	for i := range len(list) / numbersOfValue {
		if v := valueIn(list, i); v.Kind == jsondoc.Found {
			add(lookupkey.Aliased(v.In(fragment.json)), nil)
		} else {
			add("", stages.ErrNoKey)
		}
	}
}

func addKeys(keys []key, add func(lookup.Key, error)) {
	for _, k := range keys {
		add(k.key, k.err)
	}
}

// keysAgain makes the keys of a Fragment for a path.
func (f *Fragments) keysAgain(fragment *Fragment, path int) ([]key, bool) {
	s := f.getScanned()
	defer f.putScanned(s)
	if err := f.scan(s, fragment.json); err != nil {
		return nil, false // It was scanned before: it cannot fail.
	}
	return f.keys[path].appendKeys(nil, s), true
}

// field returns a field as JSON, nil where it is absent.
func (f *Fragments) field(fragment *Fragment, number int32) ([]byte, error) {
	return fieldIn(fragment.json, valueIn(fragment.index.list(len(f.points)+len(f.keys)), int(number)))
}

// Codec returns the codec for cache tiers. They hold the JSON alone, and Decode finds the rest again.
func (f *Fragments) Codec() *resultcache.Codec[lookup.Key, *Fragment] {
	return &resultcache.Codec[lookup.Key, *Fragment]{
		Key:    func(k lookup.Key) string { return string(k) },
		Encode: func(fragment *Fragment) ([]byte, error) { return fragment.json, nil },
		Decode: f.Fragment,
	}
}

// Bytes returns the memory of a Fragment, for the cache's budget; none of nil.
func (f *Fragment) Bytes() int64 {
	if f == nil {
		return 0
	}
	n := int64(unsafe.Sizeof(*f)) + int64(cap(f.json)) + int64(cap(f.index))*int64(unsafe.Sizeof(int32(0)))
	if f.rare == nil {
		return n
	}
	n += int64(unsafe.Sizeof(*f.rare))
	for _, keys := range f.rare.keys {
		n += int64(unsafe.Sizeof(keys)) + int64(cap(keys))*int64(unsafe.Sizeof(key{}))
		for _, k := range keys {
			n += int64(len(k.key))
		}
	}
	return n + f.rare.timeline.bytes()
}
