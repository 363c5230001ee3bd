package resultcache

import (
	"reflect"
	"time"
	"unsafe"
)

// heapBytes is the default cost: the bytes that a key and a value hold beside their own size.
func heapBytes[K comparable, V any]() func(K, V) int64 {
	keyIsFlat, valueIsFlat := flat(reflect.TypeFor[K]()), flat(reflect.TypeFor[V]())
	return func(key K, value V) int64 {
		var w walk
		if !keyIsFlat {
			w.add(reflect.ValueOf(&key).Elem())
		}
		if !valueIsFlat {
			w.add(reflect.ValueOf(&value).Elem())
		}
		return w.bytes
	}
}

// allocated is the size of a heap object of n bytes: the allocator has classes of sizes.
func allocated(n int64) int64 { return (n + 15) &^ 15 }

// flat reports whether values of the type hold nothing elsewhere.
func flat(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.String, reflect.Slice, reflect.Map, reflect.Pointer, reflect.Interface:
		return false
	case reflect.Array:
		return t.Len() == 0 || flat(t.Elem())
	case reflect.Struct:
		for field := range t.Fields() {
			if !flat(field.Type) {
				return false
			}
		}
		return true
	default:
		return true
	}
}

// walk adds up what values hold on the heap, each object once.
type walk struct {
	bytes int64
	seen  map[unsafe.Pointer]struct{}
}

func (w *walk) add(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		w.bytes += allocated(int64(v.Len()))
	case reflect.Slice:
		w.slice(v)
	case reflect.Map:
		w.mapping(v)
	case reflect.Pointer:
		// Locations are the time package's own and shared by all times.
		if v.Type() != reflect.TypeFor[*time.Location]() && w.first(v.UnsafePointer()) {
			w.object(v.Elem())
		}
	case reflect.Interface:
		if !v.IsNil() {
			w.object(v.Elem())
		}
	case reflect.Array:
		if !flat(v.Type().Elem()) {
			for i := range v.Len() {
				w.add(v.Index(i))
			}
		}
	case reflect.Struct:
		for _, field := range v.Fields() {
			w.add(field)
		}
	default: // all in the value itself
	}
}

// object adds a value that is a separate heap object.
func (w *walk) object(v reflect.Value) {
	w.bytes += allocated(int64(v.Type().Size()))
	w.add(v)
}

func (w *walk) slice(v reflect.Value) {
	if !w.first(v.UnsafePointer()) {
		return
	}
	w.bytes += allocated(int64(v.Cap()) * int64(v.Type().Elem().Size()))
	if !flat(v.Type().Elem()) {
		for i := range v.Len() {
			w.add(v.Index(i))
		}
	}
}

func (w *walk) mapping(v reflect.Value) {
	if !w.first(v.UnsafePointer()) {
		return
	}
	// A map keeps a quarter of its places free on average, and a header.
	pair := int64(v.Type().Key().Size() + v.Type().Elem().Size())
	w.bytes += 48 + allocated(int64(v.Len())*pair*4/3)
	for key, value := range v.Seq2() {
		w.add(key)
		w.add(value)
	}
}

// first reports whether p leads to an object that was not counted yet.
func (w *walk) first(p unsafe.Pointer) bool {
	if p == nil {
		return false
	}
	if _, ok := w.seen[p]; ok {
		return false
	}
	if w.seen == nil {
		w.seen = make(map[unsafe.Pointer]struct{})
	}
	w.seen[p] = struct{}{}
	return true
}
