package pipelinefile

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// decoder fills a File from a document, following the table of keys, and
// gathers what is wrong on the way.
type decoder struct {
	opts     Options
	file     *File
	problems []*Error
	// keys are all keys by path; children those of each section, in order.
	keys     map[string]Key
	children map[string][]Key
	// written holds each scalar that was read without a problem, by its key in
	// the file, for later checks to show as it was written.
	written map[string]scalar
}

// place is where the decoder is: the section's path in the table and in the
// file, and its position.
type place struct {
	path, key string
	pos       Pos
}

// at returns the place of a key of the section.
func (p place) at(name string, pos Pos) place {
	return place{path: dotted(p.path, name), key: dotted(p.key, name), pos: pos}
}

func dotted(parent, name string) string {
	if parent == "" {
		return name
	}
	return parent + "." + name
}

func newDecoder(name string, opts Options) *decoder {
	d := &decoder{
		opts:     opts,
		file:     &File{fileName: name, positions: make(map[string]Pos), texts: make(map[string]Pos), secrets: make(map[string]string), opts: opts},
		keys:     make(map[string]Key),
		children: make(map[string][]Key),
		written:  make(map[string]scalar),
	}
	for _, k := range Keys() {
		d.keys[k.Path] = k
		d.children[k.parent()] = append(d.children[k.parent()], k)
	}
	return d
}

// failAt reports a problem, in one line whatever it repeats of the file.
func (d *decoder) failAt(pos Pos, key, format string, args ...any) {
	problem := d.file.errorAt(pos, key, format, args...)
	problem.Message = strings.NewReplacer("\n", " ", "\r", " ").Replace(problem.Message)
	d.problems = append(d.problems, problem)
}

// fail reports a problem with a key's value.
func (d *decoder) fail(key, format string, args ...any) {
	d.failAt(d.file.Pos(key), key, format, args...)
}

// decode fills the file from the document's mapping.
func (d *decoder) decode(root *ast.MappingNode) {
	into := reflect.ValueOf(d.file).Elem()
	d.defaults("", into)
	d.section(place{pos: nodePos(root)}, root, into)
}

// defaults sets the section's keys, and those of the sections below that are
// always there, to their defaults.
func (d *decoder) defaults(path string, into reflect.Value) {
	for _, k := range d.children[path] {
		target := field(into, k)
		if k.Type == TypeSection || k.Type == TypeSwitch {
			if target.Kind() == reflect.Struct {
				d.defaults(k.Path, target)
			}
			continue
		}
		if k.Default != "" {
			// A test reads every default, so none has a problem here.
			_ = k.set(target, defaultScalar(k), d.opts)
		}
	}
}

// defaultScalar is a key's default as if the file had it.
func defaultScalar(k Key) scalar {
	s := scalar{text: k.Default, written: k.Default}
	if k.Type == TypeBoolean {
		s.kind = kindBoolean
	}
	return s
}

// field returns the struct field whose tag names the key; those of an embedded struct are the section's own.
func field(into reflect.Value, k Key) reflect.Value {
	for _, f := range reflect.VisibleFields(into.Type()) {
		if f.Tag.Get("key") == k.name() {
			return into.FieldByIndex(f.Index)
		}
	}
	panic(fmt.Sprintf("no field of %s has the key %s", into.Type(), k.Path)) // A test walks all keys.
}

// value decodes a key's value into its field.
func (d *decoder) value(k Key, at place, node ast.Node, into reflect.Value) {
	switch k.Type {
	case TypeSection, TypeSwitch:
		d.subsection(k, at, node, into)
	case TypeNames:
		d.file.positions[at.key] = at.pos
		d.names(k, at, node, into)
	case TypeSections:
		d.sections(k, at, node, into)
	case TypeList, TypeListOrOne, TypeListOrComma:
		d.list(k, at, node, into)
	case TypeIntegers:
		d.integers(k, at, node, into)
	case TypeSecrets:
		d.mapping(k, TypeSecret, at, node, into)
	case TypeEnums:
		d.mapping(k, TypeEnum, at, node, into)
	default:
		if s, ok := d.scalar(k, at.key, node); ok {
			d.store(k, at.key, s, into)
		}
	}
}

// store sets a field from a scalar of the file.
func (d *decoder) store(k Key, key string, s scalar, into reflect.Value) {
	if problem := k.set(into, s, d.opts); problem != "" {
		d.failAt(s.pos, key, "%s", problem)
		return
	}
	d.written[key] = s
}

// scalar returns a value that is neither list nor mapping, with ${} replaced.
func (d *decoder) scalar(k Key, key string, node ast.Node) (scalar, bool) {
	s, ok := nodeScalar(node)
	if !ok {
		d.failAt(nodePos(node), key, "want %s, found %s", k.wants(), describe(node))
		return scalar{}, false
	}
	d.file.positions[key] = s.pos
	if s.kind == kindNull {
		d.failAt(s.pos, key, "has no value; want %s%s", k.wants(), k.orRemove())
		return scalar{}, false
	}
	text, replaced, problems := d.opts.interpolate(s.text)
	if replaced && k.Type == TypeSecret {
		d.file.secrets[key] = s.text
	}
	for _, problem := range problems {
		d.failAt(s.pos, key, "%s", problem)
	}
	if s.verbatim && !replaced {
		d.file.texts[key] = Pos{Line: s.pos.Line, Column: s.pos.Column + s.opening()}
	}
	s.text, s.replaced = text, replaced
	s.unset = replaced && d.opts.Unset != "" && strings.Contains(text, d.opts.Unset)
	return s, len(problems) == 0
}
