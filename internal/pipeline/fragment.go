package pipeline

import (
	"fmt"
	"unsafe"

	"github.com/loaderline/loaderline/internal/jsondoc"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/cache"
	"github.com/loaderline/loaderline/stages/lookup"
)

// Fragment is what was loaded for one key: a row, or a list of rows, with what later stages need of it, found once.
// It is never changed.
type Fragment struct {
	json    []byte
	keys    [][]key         // of the stages that take theirs from here
	points  [][]int32       // where the results of other stages go: before these closing braces
	seen    []jsondoc.Value // the fields that conditions look at
	learned int             // what the stages' sources had learned when the keys were made
}

// fragments makes Fragments of what a source answers.
type fragments struct {
	scannerPaths
	paths   []*keyPath
	places  []place          // where other stages' results go
	seen    []int            // the scanner's paths of fields that conditions look at
	scanner *jsondoc.Scanner // nil where nothing is looked for
}

// place is where a result goes: a field that must not be there yet.
type place struct {
	field int // the scanner's path of it
	into  jsondoc.Path
	stage string
}

// source is a lookup that answers Fragments.
func (f *fragments) source(from lookup.Source) stages.Source[lookup.Key, *Fragment] {
	if len(f.values)+len(f.points) > 0 {
		f.scanner = f.scannerPaths.scanner()
	}
	return stages.Convert(from, f.fragment)
}

func (f *fragments) fragment(json []byte) (*Fragment, error) {
	if f.scanner == nil {
		return &Fragment{json: json}, nil
	}
	learned := f.learned()
	var found jsondoc.Result
	if err := f.scanner.Scan(json, &found); err != nil {
		return nil, fmt.Errorf("the answer %w", err)
	}
	for _, p := range f.places {
		for _, v := range found.Values[p.field] {
			if v.Kind == jsondoc.Found {
				return nil, fmt.Errorf("there is a field at %s already, where the result of stage %s goes", p.into, p.stage)
			}
		}
	}
	fragment := &Fragment{json: json, points: found.Points, keys: make([][]key, len(f.paths)), seen: firstOf(&found, f.seen), learned: learned}
	for i, p := range f.paths {
		fragment.keys[i] = p.keys(make([]key, 0, len(found.Values[p.parts[0]])), json, &found)
	}
	return fragment, nil
}

// learned counts what the sources of later stages have learned.
func (f *fragments) learned() int {
	n := 0
	for _, p := range f.paths {
		n += p.learned()
	}
	return n
}

// keysOf returns the keys that a Fragment has for a path. It makes them again if a source has learned other types
// meanwhile.
func (f *fragments) keysOf(fragment *Fragment, path int) []key {
	if fragment.learned == f.learned() {
		return fragment.keys[path]
	}
	var found jsondoc.Result
	if err := f.scanner.Scan(fragment.json, &found); err != nil {
		return fragment.keys[path] // It was scanned before: it cannot fail.
	}
	return f.paths[path].keys(nil, fragment.json, &found)
}

// codec is for the tiers: they hold the JSON alone, and what is looked for in it is found again.
func (f *fragments) codec() *cache.Codec[lookup.Key, *Fragment] {
	return &cache.Codec[lookup.Key, *Fragment]{
		Key:    func(k lookup.Key) string { return string(k) },
		Encode: func(fragment *Fragment) ([]byte, error) { return fragment.json, nil },
		Decode: f.fragment,
	}
}

// bytes is the memory of a Fragment, for the cache's budget. A key shares the JSON's memory.
func (f *Fragment) bytes() int64 {
	n := int64(unsafe.Sizeof(*f)) + int64(cap(f.json)) + int64(cap(f.seen))*int64(unsafe.Sizeof(jsondoc.Value{}))
	for _, keys := range f.keys {
		n += int64(unsafe.Sizeof(keys)) + int64(cap(keys))*int64(unsafe.Sizeof(key{}))
	}
	for _, points := range f.points {
		n += int64(unsafe.Sizeof(points)) + 4*int64(cap(points))
	}
	return n
}
