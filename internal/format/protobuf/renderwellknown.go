package protobuf

import (
	"bytes"
	"strconv"

	"github.com/loaderline/loaderline/internal/format"
)

// The ranges that JSON allows: the years 1 to 9999, and 10,000 years.
const (
	minTimestamp = -62135596800
	maxTimestamp = 253402300799
	maxDuration  = 315576000000
	second       = 1_000_000_000 // in nanoseconds
)

// single is the value of a singular scalar of a message whose slots begin at base, or 0.
func (d *decoding) single(base, field int) uint64 {
	if s := d.slots[base+field]; s.first != 0 {
		return d.found[s.first-1].value
	}
	return 0
}

// time writes a Timestamp or a Duration.
func (d *decoding) time(l *layout, base, at int) *format.Error {
	seconds, nanos := int64(d.single(base, secondsField)), int64(int32(d.single(base, nanosField)))
	if l.special == timestamp {
		if seconds < minTimestamp || seconds > maxTimestamp || nanos < 0 || nanos >= second {
			return fail(at, "the timestamp is not within the years 1 to 9999")
		}
	} else if !validDuration(seconds, nanos) {
		return fail(at, "the duration is longer than 10,000 years, or its seconds and nanoseconds have different signs")
	}
	switch {
	case d.options.TimesAsNumbers:
		d.dst = appendSeconds(d.dst, seconds, nanos)
	case l.special == timestamp:
		d.dst, _ = format.AppendTime(d.dst, seconds, int(nanos)) // The range has been checked.
	default:
		d.dst = append(appendSeconds(append(d.dst, '"'), seconds, nanos), 's', '"')
	}
	return nil
}

func validDuration(seconds, nanos int64) bool {
	return -maxDuration <= seconds && seconds <= maxDuration && -second < nanos && nanos < second && (seconds <= 0 || nanos >= 0) && (seconds >= 0 || nanos <= 0)
}

// appendSeconds appends a number of seconds, whose nanoseconds may have either sign, without zeros at its end.
func appendSeconds(dst []byte, seconds, nanos int64) []byte {
	if seconds < 0 && nanos > 0 {
		seconds, nanos = seconds+1, nanos-second
	}
	if seconds < 0 || nanos < 0 {
		dst, seconds, nanos = append(dst, '-'), -seconds, -nanos
	}
	dst = strconv.AppendInt(dst, seconds, 10)
	if nanos == 0 {
		return dst
	}
	dst = append(dst, '.')
	for unit := int64(second / 10); nanos > 0; unit /= 10 {
		dst = append(dst, byte('0'+nanos/unit))
		nanos %= unit
	}
	return dst
}

// mask writes a FieldMask: its paths with commas between them, in lowerCamelCase.
func (d *decoding) mask(base int) *format.Error {
	d.dst = append(d.dst, '"')
	for i, n := d.slots[base+onlyField].first, 0; i != 0; n++ {
		o := d.found[i-1]
		if n > 0 {
			d.dst = append(d.dst, ',')
		}
		var ok bool
		if d.dst, ok = appendCamel(d.dst, d.bytes(o.value)); !ok {
			from, _ := bounds(o.value)
			return fail(from, "the path of a FieldMask has no form in JSON; its names are of the characters a-z, 0-9 and _").InItem(n)
		}
		if len(d.dst) > d.limit {
			return d.tooLong(len(d.body))
		}
		i = o.next
	}
	d.dst = append(d.dst, '"')
	return nil
}

// appendCamel appends a path in lowerCamelCase. It is false if the path could not be read back from that.
func appendCamel(dst, path []byte) ([]byte, bool) {
	upper := false
	for i, c := range path {
		switch {
		case upper:
			if c < 'a' || c > 'z' {
				return dst, false
			}
			dst, upper = append(dst, c-'a'+'A'), false
		case c == '_':
			upper = true
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '.' && i > 0:
			dst = append(dst, c)
		default:
			return dst, false
		}
	}
	return dst, !upper && len(path) > 0
}

// dynamic writes a google.protobuf.Value.
func (d *decoding) dynamic(l *layout, base int) *format.Error {
	for i := range l.fields {
		if s := d.slots[base+i]; s.first != 0 {
			return d.field(&l.fields[i], s)
		}
	}
	d.dst = append(d.dst, "null"...)
	return nil
}

// any writes an Any: the message in it beside its type, where the schema has that type.
func (d *decoding) any(base int) *format.Error {
	url, body := d.single(base, typeURLField), d.single(base, anyBodyField)
	if len(d.bytes(url)) == 0 && len(d.bytes(body)) == 0 {
		d.dst = append(d.dst, "{}"...)
		return nil
	}
	from, to := bounds(body)
	var ok bool
	if d.dst, ok = format.AppendString(append(d.dst, `{"@type":`...), d.bytes(url)); !ok {
		at, _ := bounds(url)
		return fail(at, "the type of an Any has invalid UTF-8")
	}
	d.dst = append(d.dst, ',')
	l := d.layouts[string(typeIn(d.bytes(url)))]
	if l == nil {
		d.dst = append(format.AppendBase64(append(d.dst, `"value":`...), d.bytes(body)), '}')
		return nil
	}
	if d.depth >= maxDepth {
		return fail(from, "messages are nested more than %d levels deep", maxDepth)
	}
	f := d.enter(l)
	if err := d.embedded(l, f.slots, from, to); err != nil {
		return err.InField("(" + l.name + ")")
	}
	d.dst = closed(d.dst, '}')
	d.leave(f)
	return nil
}

// embedded writes the members of an Any that are behind its type.
func (d *decoding) embedded(l *layout, base, from, to int) *format.Error {
	if err := d.scan(l, base, from, to); err != nil {
		return err
	}
	if l.special != ordinary && l.special != empty {
		d.dst = append(d.dst, `"value":`...)
		return d.render(l, base, from)
	}
	return d.members(l, base)
}

// typeIn is the name of the message in the URL of an Any.
func typeIn(url []byte) []byte { return url[bytes.LastIndexByte(url, '/')+1:] }
