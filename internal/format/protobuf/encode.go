package protobuf

import (
	"sync"

	"github.com/loaderline/loaderline/internal/format"
)

// EncodeOptions are choices about the JSON text that becomes a message.
type EncodeOptions struct {
	IgnoreUnknown bool // members that the message has no field for are left out; by default they are errors
	TextOfAny     bool // a string can be any other value than null, and is then its JSON text. By default that is an error
	MaxBytes      int  // how long the message may become. Defaults to format.DefaultMaxBytes
}

// Encoder reads JSON text as messages of one type. It is safe for concurrent use. It takes what a [Decoder] writes, whatever the
// decoder's options, and besides:
//
//   - Members come in any order. They have the name of a field in the schema, or its JSON name.
//   - Numbers can be strings. Integers can be in any notation, such as 1e3.
//   - Values of an enum can be numbers.
//   - A null is no value. In a google.protobuf.Value it is one, and within lists and maps it is an error otherwise.
type Encoder struct {
	schema  *Schema
	layout  *layout
	options EncodeOptions
	spare   sync.Pool // of *encoding
}

// Encoder returns an encoder of messages of this type.
func (m *Message) Encoder(options EncodeOptions) *Encoder {
	if options.MaxBytes <= 0 {
		options.MaxBytes = format.DefaultMaxBytes
	}
	return &Encoder{schema: m.schema, layout: m.layout, options: options}
}

// AppendProto appends the message that a JSON text stands for to dst, with its fields by number. After an error, a
// *format.Error, it returns dst as it was.
func (e *Encoder) AppendProto(dst, text []byte) ([]byte, error) {
	run, ok := e.spare.Get().(*encoding)
	if !ok {
		run = &encoding{layouts: e.schema.layouts, options: e.options}
	}
	run.in, run.dst, run.limit = format.NewReader(text), dst, len(dst)+e.options.MaxBytes
	err := run.message(e.layout)
	if err == nil {
		err = run.in.End()
	}
	out := run.dst
	run.release()
	e.spare.Put(run)
	if err != nil {
		return dst, err
	}
	return out, nil
}

// encoding is one run of an encoder. It reads the text once and writes each field where it comes. Where the members of an
// object are not in the order of the fields' numbers, it then moves what they became. Its notes are on stacks, as in decoding.
type encoding struct {
	layouts map[string]*layout
	options EncodeOptions
	in      format.Reader
	dst     []byte
	limit   int // len(dst) may not exceed it
	depth   int

	marks []mark // of an object: one for each field, then one for each oneof
	parts []part
	spare []byte // the fields of an object that is put in order
	text  []byte // a string without its escapes
}

// mark says what an object has had of a field.
type mark uint8

const (
	unseen mark = iota
	isNull
	isSet
)

// part is where a field, or the key of an entry, stands in dst.
type part struct {
	number   int32
	from, to int
}

func (e *encoding) release() {
	e.in, e.dst, e.depth = format.Reader{}, nil, 0
	e.marks, e.parts, e.spare, e.text = kept(e.marks), kept(e.parts), kept(e.spare), kept(e.text)
}

// message writes the fields of a message. The caller writes what is around them.
func (e *encoding) message(l *layout) *format.Error {
	if e.depth++; e.depth > maxDepth {
		return e.tooDeep()
	}
	err := e.form(l)
	e.depth--
	return err
}

func (e *encoding) tooDeep() *format.Error {
	return fail(e.in.Offset(), "messages are nested more than %d levels deep", maxDepth)
}

// form writes a message from the form that it has in JSON.
func (e *encoding) form(l *layout) *format.Error {
	switch l.special {
	case timestamp, duration:
		return e.time(l)
	case fieldMask:
		return e.mask(&l.fields[onlyField])
	case anyMessage:
		return e.any(l)
	case dynamicValue:
		return e.dynamic(l)
	case wrapper, structure, listValue:
		return e.field(&l.fields[onlyField])
	default:
		return e.object(l, ordinary)
	}
}

// open passes the beginning of an object or a list. In errors it is what the schema wants.
func (e *encoding) open(bracket byte, wanted string) *format.Error {
	if e.in.Kind() != bracket {
		return e.in.Want(wanted)
	}
	e.in.Enter()
	return nil
}

// start is where the next value begins.
func (e *encoding) start() int {
	e.in.Kind()
	return e.in.Offset()
}

// str reads a string. It is valid until the next one is read.
func (e *encoding) str(wanted string) ([]byte, *format.Error) {
	if e.in.Kind() != '"' {
		return nil, e.in.Want(wanted)
	}
	s, err := e.in.String()
	if err != nil {
		return nil, err
	}
	return e.unescaped(s), nil
}

// name reads the name of a member and passes the colon. It is valid until the next string is read.
func (e *encoding) name() ([]byte, *format.Error) {
	s, err := e.in.Name()
	if err != nil {
		return nil, err
	}
	return e.unescaped(s), nil
}

func (e *encoding) unescaped(s format.String) []byte {
	if plain, ok := s.Plain(); ok {
		return plain
	}
	e.text = s.AppendTo(e.text[:0])
	return e.text
}

// numeral reads a number, or a string in place of one, whose text is not checked.
func (e *encoding) numeral(wanted string) ([]byte, *format.Error) {
	if e.in.Kind() == '0' {
		return e.in.Number()
	}
	return e.str(wanted)
}
