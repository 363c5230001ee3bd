package protobuf

import (
	"bytes"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/loaderline/loaderline/internal/format"
)

// mapping writes the entries of a map in the order of the text.
func (e *encoding) mapping(f *field) *format.Error {
	start := e.start()
	if err := e.open('{', "an object"); err != nil {
		return err
	}
	keys := len(e.parts)
	e.depth++ // Entries are messages on the wire, and count as such.
	for n := 0; ; n++ {
		more, err := e.in.More('}', n == 0)
		if err != nil {
			return err
		}
		if !more {
			break
		}
		if err := e.entry(f); err != nil {
			return err.InItem(n)
		}
	}
	e.depth--
	if e.repeated(e.parts[keys:]) {
		return fail(start, "a key of the map is there twice")
	}
	e.parts = e.parts[:keys]
	return nil
}

func (e *encoding) entry(f *field) *format.Error {
	if e.depth > maxDepth {
		return e.tooDeep()
	}
	e.dst = protowire.AppendTag(e.dst, f.number, protowire.BytesType)
	from := e.begin()
	if err := e.key(&f.message.fields[mapKeyField]); err != nil {
		return err
	}
	key := len(e.dst) - from
	value := &f.message.fields[mapValueField]
	if e.in.Kind() == 'n' && !value.nullable() {
		return e.in.Want("a value for each key")
	}
	if _, err := e.element(value); err != nil {
		return err
	}
	size := len(e.dst) - from
	e.end(from)
	from = len(e.dst) - size // The length may have moved the entry.
	e.parts = append(e.parts, part{from: from, to: from + key})
	return nil
}

// fewKeys is how many are compared each with each.
const fewKeys = 16

// repeated says whether a key is there twice. It may change the order of keys.
func (e *encoding) repeated(keys []part) bool {
	key := func(p part) []byte { return e.dst[p.from:p.to] }
	if len(keys) > fewKeys {
		// An order, and no hash that someone could choose keys for.
		slices.SortFunc(keys, func(a, b part) int { return bytes.Compare(key(a), key(b)) })
	}
	for i := range keys {
		others := keys[:i]
		if len(keys) > fewKeys {
			others = keys[max(i-1, 0):i]
		}
		for _, other := range others {
			if bytes.Equal(key(other), key(keys[i])) {
				return true
			}
		}
	}
	return false
}

// key writes the key of an entry, which is the name of a member.
func (e *encoding) key(f *field) *format.Error {
	at := e.start()
	name, err := e.name()
	if err != nil {
		return err
	}
	e.dst = protowire.AppendTag(e.dst, f.number, f.wire)
	switch f.kind {
	case protoreflect.StringKind:
		e.dst = protowire.AppendBytes(e.dst, name)
		return nil
	case protoreflect.BoolKind:
		if text := string(name); text != "true" && text != "false" {
			return wrong(at, "a key of the map is neither true nor false", name)
		}
		e.dst = append(e.dst, byte(len("false")-len(name))) // 1 for true, which is a character shorter.
		return nil
	default:
		n, problem := format.ParseInteger(name)
		if problem == "" {
			problem = e.integer(f, n)
		}
		if problem != "" {
			return wrong(at, "a key of the map "+problem, name)
		}
		return nil
	}
}
