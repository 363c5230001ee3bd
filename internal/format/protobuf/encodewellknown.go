package protobuf

import (
	"bytes"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/loaderline/loaderline/internal/format"
)

// typeMember names the type of an Any in JSON, and valueMember the message in it where that is no object of its fields.
const (
	typeMember  = "@type"
	valueMember = "value"
)

func (e *encoding) time(l *layout) *format.Error {
	at := e.start()
	quoted := e.in.Kind() == '"'
	text, err := e.numeral("a time")
	if err != nil {
		return err
	}
	var seconds, nanos int64
	var ok bool
	switch {
	case l.special == timestamp && quoted:
		if seconds, nanos, ok = dateOf(text); !ok {
			return bad(at, "is no time of RFC 3339 with at most 9 decimal places, such as 2026-11-29T08:00:00Z", text)
		}
	case quoted:
		number, hasUnit := bytes.CutSuffix(text, []byte("s"))
		if seconds, nanos, ok = secondsOf(number); !ok || !hasUnit {
			return bad(at, "is no duration, such as 1.5s", text)
		}
	default:
		if seconds, nanos, ok = secondsOf(text); !ok {
			return bad(at, "is no number of seconds with at most 9 decimal places", text)
		}
		if l.special == timestamp && nanos < 0 {
			seconds, nanos = seconds-1, nanos+second
		}
	}
	if l.special == timestamp && (seconds < minTimestamp || seconds > maxTimestamp) {
		return bad(at, "is not within the years 1 to 9999", text)
	}
	if l.special == duration && !validDuration(seconds, nanos) {
		return bad(at, "is longer than 10,000 years", text)
	}
	e.varintField(&l.fields[secondsField], uint64(seconds))
	e.varintField(&l.fields[nanosField], uint64(nanos))
	return nil
}

// varintField writes a field that has no presence.
func (e *encoding) varintField(f *field, value uint64) {
	if value != 0 {
		e.dst = protowire.AppendVarint(protowire.AppendTag(e.dst, f.number, f.wire), value)
	}
}

func dateOf(text []byte) (seconds, nanos int64, ok bool) {
	if _, fraction, found := bytes.Cut(text, []byte(".")); found && digitsOf(fraction) > 9 {
		return 0, 0, false
	}
	var t time.Time
	if err := t.UnmarshalText(text); err != nil {
		return 0, 0, false
	}
	return t.Unix(), int64(t.Nanosecond()), true
}

// secondsOf reads a number of seconds without an exponent. Seconds and nanoseconds have the same sign.
func secondsOf(text []byte) (seconds, nanos int64, ok bool) {
	if !isNumber(text) || bytes.ContainsAny(text, "eE") {
		return 0, 0, false
	}
	whole, fraction, _ := bytes.Cut(text, []byte("."))
	n, problem := integerOf(whole)
	if problem != "" || n.magnitude > maxTimestamp+maxDuration || len(fraction) > 9 {
		return 0, 0, false
	}
	seconds = int64(n.magnitude)
	for i := range 9 {
		nanos *= 10
		if i < len(fraction) {
			nanos += int64(fraction[i] - '0')
		}
	}
	if n.negative {
		return -seconds, -nanos, true
	}
	return seconds, nanos, true
}

// mask writes the paths of a FieldMask, which stand in one string.
func (e *encoding) mask(f *field) *format.Error {
	text, err := e.str("a string of paths")
	if err != nil || len(text) == 0 {
		return err
	}
	for path := range bytes.SplitSeq(text, []byte(",")) {
		e.dst = protowire.AppendTag(e.dst, f.number, f.wire)
		from := e.begin()
		for _, c := range path {
			if 'A' <= c && c <= 'Z' {
				e.dst = append(e.dst, '_')
				c += 'a' - 'A'
			}
			e.dst = append(e.dst, c)
		}
		e.end(from)
	}
	return nil
}

// dynamic writes a google.protobuf.Value.
func (e *encoding) dynamic(l *layout) *format.Error {
	member := numberField
	switch e.in.Kind() {
	case 'n':
		member = nullField
	case '"':
		member = textField
	case 't', 'f':
		member = boolField
	case '{':
		member = structField
	case '[':
		member = listField
	}
	return e.field(&l.fields[member])
}

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
			return bad(at, "the message in the Any has no members but @type and value", name)
		default:
			if err := e.in.Skip(e.depth); err != nil {
				return err
			}
		}
	}
}
