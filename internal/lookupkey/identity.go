package lookupkey

import (
	"bytes"
	"fmt"
	"strings"
	"time"
)

// isPlainUUID reports whether raw is a string of 36 characters, as appendUUID writes it.
func isPlainUUID(raw []byte) bool {
	if len(raw) != 38 || raw[0] != '"' || raw[37] != '"' {
		return false
	}
	for i, c := range raw[1:37] {
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if !isDigit(c) && (c < 'a' || c > 'f') {
				return false
			}
		}
	}
	return true
}

// appendUUID appends 32 hexadecimal digits in groups of 8, 4, 4, 4 and 12, whatever hyphens and braces there were.
func appendUUID(dst []byte, v value) ([]byte, error) {
	text := v.text
	if v.kind != stringValue {
		return dst, UUID.mismatch(v)
	}
	if n := len(text); n > 2 && text[0] == '{' && text[n-1] == '}' {
		text = text[1 : n-1]
	}
	key, digits := dst, 0
	key = append(key, '"')
	for _, c := range text {
		if c == '-' && digits > 0 && digits < 32 && digits%4 == 0 {
			continue
		}
		digit, ok := lowerHex(c)
		if !ok {
			return dst, UUID.mismatch(v)
		}
		switch digits {
		case 8, 12, 16, 20:
			key = append(key, '-')
		}
		key = append(key, digit)
		digits++
	}
	if digits != 32 || bytes.Contains(text, []byte("--")) {
		return dst, UUID.mismatch(v)
	}
	return append(key, '"'), nil
}

// objectIDDigits are the digits of 12 bytes.
const objectIDDigits = 24

// appendObjectID appends 24 hexadecimal digits in lower case.
func appendObjectID(dst []byte, v value) ([]byte, error) {
	if v.kind != stringValue || len(v.text) != objectIDDigits {
		return dst, ObjectID.mismatch(v)
	}
	key := dst
	key = append(key, '"')
	for _, c := range v.text {
		digit, ok := lowerHex(c)
		if !ok {
			return dst, ObjectID.mismatch(v)
		}
		key = append(key, digit)
	}
	return append(key, '"'), nil
}

// lowerHex is a hexadecimal digit in lower case. It reports whether c is one.
func lowerHex(c byte) (digit byte, ok bool) {
	if c >= 'A' && c <= 'F' {
		c += 'a' - 'A'
	}
	return c, isDigit(c) || c >= 'a' && c <= 'f'
}

const (
	moment     = "2006-01-02T15:04:05.999999Z07:00"
	localTime  = "2006-01-02T15:04:05.999999"
	spacedTime = "2006-01-02 15:04:05.999999"
)

// spacedMoment is how databases write moments: with a space, and a zone of hours, or of hours and minutes.
func spacedMoment(text string) string {
	sign := strings.LastIndexAny(text, "+-")
	switch zone := len(text) - sign; {
	case sign < len(localTime)-len(".999999") || zone == len("+00:00"):
		return spacedTime + "Z07:00"
	case zone == len("+0000"):
		return spacedTime + "Z0700"
	}
	return spacedTime + "Z07"
}

// isSpaced reports whether a space is between the date and the time of day.
func isSpaced(text string) bool { return len(text) > 10 && text[10] == ' ' }

// ParseMoment reads a time with a zone: in RFC 3339, or as databases write it.
func ParseMoment(text string) (time.Time, error) {
	if isSpaced(text) {
		return time.Parse(spacedMoment(text), text)
	}
	return time.Parse(time.RFC3339Nano, text)
}

func (t Type) appendTime(dst []byte, v value) ([]byte, error) {
	if v.kind != stringValue {
		return dst, t.mismatch(v)
	}
	var (
		text            = string(v.text)
		layout, example = time.DateOnly, time.DateOnly
		at              time.Time
		err             error
	)
	switch t {
	case Timestamptz:
		layout, example = moment, "2006-01-02T15:04:05Z (RFC 3339)"
		at, err = ParseMoment(text)
	case Timestamp:
		layout, example = localTime, "2006-01-02T15:04:05"
		written := localTime
		if isSpaced(text) {
			written = spacedTime
		}
		at, err = time.Parse(written, text)
	default:
		at, err = time.Parse(layout, text)
	}
	if err != nil {
		return dst, fmt.Errorf("%w: write it as %s", t.mismatch(v), example)
	}
	at = at.UTC().Round(time.Microsecond)
	if at.Year() < 0 || at.Year() > 9999 {
		return dst, fmt.Errorf("%q is out of range for %s", text, t.article())
	}
	dst = append(dst, '"')
	dst = at.AppendFormat(dst, layout)
	return append(dst, '"'), nil
}
