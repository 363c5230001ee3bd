package protobuf

import (
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/loaderline/loaderline/internal/format"
)

// typeMember names the type of an Any in JSON, and valueMember the message in it where that is no object of its fields.
const (
	typeMember  = "@type"
	valueMember = "value"
)

// any writes an Any. Its type stands in one of the members, so that they are read twice.
func (e *encoding) any(l *layout) *format.Error {
	start := e.start()
	url, members, err := e.typeURL()
	if err != nil || members == 0 {
		return err
	}
	if url == nil {
		return fail(start, "the object has no member @type, which says what message it is")
	}
	if e.depth++; e.depth > maxDepth {
		return e.tooDeep()
	}
	e.in.Seek(start)
	if len(url) > 0 {
		e.dst = protowire.AppendBytes(protowire.AppendTag(e.dst, l.fields[typeURLField].number, protowire.BytesType), url)
	}
	before := len(e.dst)
	e.dst = protowire.AppendTag(e.dst, l.fields[anyBodyField].number, protowire.BytesType)
	from := e.begin()
	if err := e.embedded(e.layouts[string(typeIn(url))]); err != nil {
		return err
	}
	e.end(from)
	if len(e.dst) == from {
		e.dst = e.dst[:before]
	}
	e.depth--
	return nil
}

// embedded writes the message in an Any. Without a layout it stands there in base64.
func (e *encoding) embedded(l *layout) *format.Error {
	if l == nil {
		return e.anyValue(nil)
	}
	var err *format.Error
	if l.special == ordinary {
		err = e.object(l, anyMessage)
	} else {
		err = e.anyValue(l)
	}
	if err != nil {
		return err.InField("(" + l.name + ")")
	}
	return nil
}

// typeURL reads an object for its type, and counts its members.
func (e *encoding) typeURL() (url []byte, members int, err *format.Error) {
	if err := e.open('{', "an object"); err != nil {
		return nil, 0, err
	}
	for ; ; members++ {
		more, err := e.in.More('}', members == 0)
		if err != nil || !more {
			return url, members, err
		}
		name, err := e.name()
		if err != nil {
			return nil, 0, err
		}
		if string(name) != typeMember {
			if err := e.in.Skip(e.depth); err != nil {
				return nil, 0, err
			}
			continue
		}
		if url != nil {
			return nil, 0, fail(e.in.Offset(), "it is there twice").InField(typeMember)
		}
		text, err := e.str("the type of a message")
		if err != nil {
			return nil, 0, err.InField(typeMember)
		}
		url = append([]byte{}, text...)
	}
}

// anyValue writes the message of an Any from its member "value": a form of its own, or, without a layout, base64.
func (e *encoding) anyValue(l *layout) *format.Error {
	if err := e.open('{', "an object"); err != nil {
		return err
	}
	from := len(e.dst)
	for first := true; ; first = false {
		more, err := e.in.More('}', first)
		if err != nil || !more {
			return err
		}
		at := e.start()
		name, err := e.name()
		switch {
		case err != nil:
			return err
		case string(name) == valueMember:
			e.dst = e.dst[:from]
			if l == nil {
				err = e.base64()
			} else {
				err = e.form(l)
			}
			if err != nil {
				return err.InField(valueMember)
			}
		case string(name) != typeMember && !e.options.IgnoreUnknown:
			return wrong(at, "the message in the Any has no members but @type and value", name)
		default:
			if err := e.in.Skip(e.depth); err != nil {
				return err
			}
		}
	}
}
