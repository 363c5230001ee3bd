package jsonenrich

import (
	"fmt"
	"unsafe"

	"github.com/loaderline/loaderline/internal/jsondoc"
	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/resultcache"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// Fragment is what was loaded for one key: a row or a list of rows, with the places that later stages need, found once. It owns
// its bytes, and it never changes.
type Fragment struct {
	json    []byte
	keys    [][]key         // by key path
	points  [][]int32       // the closing braces before which the results of other stages go
	fields  []jsondoc.Value // of conditions, by number
	learned int             // what the sources of the keys had learned when the keys were made
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
	return &Fragment{json: json, timeline: line}, nil
}

// fragment makes a Fragment of a row or a list of rows.
func (f *Fragments) fragment(json []byte) (*Fragment, error) {
	if f.scanner == nil {
		return &Fragment{json: json}, nil
	}
	learned := f.learned()
	s := &scanned{doc: json}
	if err := f.scanner.Scan(json, &s.found); err != nil {
		return nil, fmt.Errorf("the answer %w", err)
	}
	if err := f.nested.check(&s.found); err != nil {
		return nil, err
	}
	if err := f.makeExtra(s); err != nil {
		return nil, err
	}
	fragment := &Fragment{json: json, points: s.found.Points, keys: make([][]key, len(f.keys)), fields: f.fieldsOf(&s.found), learned: learned}
	for i, p := range f.keys {
		fragment.keys[i] = p.appendKeys(make([]key, 0, p.count(s)), s)
	}
	return fragment, nil
}

// learned counts what the sources of the keys have learned.
func (f *Fragments) learned() int {
	n := 0
	for _, p := range f.keys {
		n += p.learned()
	}
	return n
}

// keysOf returns the keys of a Fragment for a path. It makes them again if a source has learned other types since.
func (f *Fragments) keysOf(fragment *Fragment, path int) []key {
	if fragment.learned == f.learned() {
		return fragment.keys[path]
	}
	s := &scanned{doc: fragment.json}
	if err := f.scanner.Scan(fragment.json, &s.found); err != nil {
		return fragment.keys[path] // It was scanned before: it cannot fail.
	}
	if err := f.makeExtra(s); err != nil {
		return fragment.keys[path]
	}
	return f.keys[path].appendKeys(nil, s)
}

// Codec returns the codec for cache tiers. They hold the JSON alone, and Decode finds the rest again.
func (f *Fragments) Codec() *resultcache.Codec[lookup.Key, *Fragment] {
	return &resultcache.Codec[lookup.Key, *Fragment]{
		Key:    func(k lookup.Key) string { return string(k) },
		Encode: func(fragment *Fragment) ([]byte, error) { return fragment.json, nil },
		Decode: f.Fragment,
	}
}

// Bytes returns the memory of a Fragment, for the cache's budget; none of nil. Its keys share the JSON's memory.
func (f *Fragment) Bytes() int64 {
	if f == nil {
		return 0
	}
	n := int64(unsafe.Sizeof(*f)) + int64(cap(f.json)) + int64(cap(f.fields))*int64(unsafe.Sizeof(jsondoc.Value{}))
	for _, keys := range f.keys {
		n += int64(unsafe.Sizeof(keys)) + int64(cap(keys))*int64(unsafe.Sizeof(key{}))
	}
	for _, points := range f.points {
		n += int64(unsafe.Sizeof(points)) + 4*int64(cap(points))
	}
	return n + f.timeline.bytes()
}
