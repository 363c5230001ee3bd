package protobuf

import (
	"bytes"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/loaderline/loaderline/internal/format"
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
	if _, fraction, found := bytes.Cut(text, []byte(".")); found && format.LeadingDigits(fraction) > 9 {
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
	if !format.IsNumber(text) || bytes.ContainsAny(text, "eE") {
		return 0, 0, false
	}
	whole, fraction, _ := bytes.Cut(text, []byte("."))
	n, problem := format.ParseInteger(whole)
	if problem != "" || n.Magnitude > maxTimestamp+maxDuration || len(fraction) > 9 {
		return 0, 0, false
	}
	seconds = int64(n.Magnitude)
	for i := range 9 {
		nanos *= 10
		if i < len(fraction) {
			nanos += int64(fraction[i] - '0')
		}
	}
	if n.Negative {
		return -seconds, -nanos, true
	}
	return seconds, nanos, true
}

// mask writes the paths of a FieldMask, which stand in one string.
func (e *encoding) mask(f *field) *format.Error {
	at := e.start()
	text, err := e.str("a string of paths")
	if err != nil || len(text) == 0 {
		return err
	}
	for path := range bytes.SplitSeq(text, []byte(",")) {
		e.dst = protowire.AppendTag(e.dst, f.number, f.wire)
		from := e.begin()
		e.dst = appendSnake(e.dst, path)
		var ok bool
		if e.spare, ok = appendCamel(e.spare[:0], e.dst[from:]); !ok {
			return bad(at, "holds a path that is none, or has no form in lowerCamelCase", path)
		}
		e.end(from)
	}
	return nil
}

// appendSnake appends a path in lowerCamelCase as names of fields.
func appendSnake(dst, path []byte) []byte {
	for _, c := range path {
		if 'A' <= c && c <= 'Z' {
			dst = append(dst, '_')
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
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
