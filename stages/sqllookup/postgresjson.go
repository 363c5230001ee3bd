package sqllookup

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/loaderline/loaderline/internal/jsondoc"
	"github.com/loaderline/loaderline/internal/lookupkey"
)

// appendPG appends as JSON a value that PostgreSQL wrote as text.
type appendPG func(dst, text []byte) ([]byte, error)

// cellOf is how values of a type become JSON. What is not known is text.
func (p *postgres) cellOf(oid uint32) appendPG {
	oid, t, _ := p.known(oid)
	if t.element != 0 {
		return arrayCell(p.cellOf(t.element))
	}
	switch oid {
	case oidInt2, oidInt4, oidInt8, oidOID:
		return appendAsIs
	case oidNumeric, oidFloat4, oidFloat8:
		return appendNumber
	case oidBool:
		return appendBool
	case oidJSON:
		return appendUncheckedJSON
	case oidJSONB:
		return appendJSON
	case oidBytea:
		return appendBytea
	case oidTimestamptz:
		return appendTimestamptz
	case oidTimestamp:
		return appendTimestamp
	}
	return appendText
}

func appendAsIs(dst, text []byte) ([]byte, error) { return append(dst, text...), nil }

// appendNumber appends digits as they are; NaN and Infinity are no JSON numbers.
func appendNumber(dst, text []byte) ([]byte, error) {
	if last := text[len(text)-1]; isDigit(last) {
		return append(dst, text...), nil
	}
	return appendPlain(dst, text), nil
}

func appendBool(dst, text []byte) ([]byte, error) {
	if text[0] == 't' {
		return append(dst, "true"...), nil
	}
	return append(dst, "false"...), nil
}

// appendText appends what can hold any character.
func appendText(dst, text []byte) ([]byte, error) {
	if !utf8.Valid(text) {
		return dst, errNotUTF8
	}
	return lookupkey.AppendString(dst, text), nil
}

var errNotUTF8 = errors.New("the text is not UTF-8")

// appendPlain appends what holds no character that JSON escapes.
func appendPlain(dst, text []byte) []byte {
	dst = append(dst, '"')
	dst = append(dst, text...)
	return append(dst, '"')
}

// appendUncheckedJSON appends JSON as appendJSON does, where no two readers can read it differently: a name twice in one object,
// half of a surrogate pair and what is nested too deep are JSON to a database, but no event could hold them.
func appendUncheckedJSON(dst, text []byte) ([]byte, error) {
	if err := checkJSON(text); err != nil {
		return dst, err
	}
	return appendCompact(dst, text), nil
}

// checkJSON says what is wrong with a column's JSON, without any of it.
func checkJSON(text []byte) error {
	err := jsondoc.Check(text)
	if err != nil && !utf8.Valid(text) {
		return errNotUTF8
	}
	if syntax, ok := errors.AsType[*jsondoc.SyntaxError](err); ok {
		return &jsonError{syntax}
	}
	return err
}

// jsonError is what is wrong with the JSON of a column.
type jsonError struct{ syntax *jsondoc.SyntaxError }

func (e *jsonError) Error() string { return "its JSON " + e.syntax.Brief() }

func (e *jsonError) Unwrap() error { return e.syntax }

// appendJSON appends valid JSON without the white space between its tokens.
func appendJSON(dst, text []byte) ([]byte, error) {
	if !utf8.Valid(text) {
		return dst, errNotUTF8
	}
	return appendCompact(dst, text), nil
}

// appendCompact appends valid JSON without the white space between its tokens.
func appendCompact(dst, text []byte) []byte {
	start, inString := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			inString = !inString
		case c == '\\':
			i++ // Only a string holds one.
		case c <= ' ' && !inString:
			dst = append(dst, text[start:i]...)
			start = i + 1
		}
	}
	return append(dst, text[start:]...)
}

func appendBytea(dst, text []byte) ([]byte, error) {
	digits, ok := bytes.CutPrefix(text, []byte(`\x`))
	if !ok {
		return dst, errors.New("bytea_output is not hex")
	}
	raw := make([]byte, hex.DecodedLen(len(digits)))
	if _, err := hex.Decode(raw, digits); err != nil {
		return dst, fmt.Errorf("bytea is not in hex: %w", err)
	}
	return appendBase64(dst, raw), nil
}

func appendBase64(dst, raw []byte) []byte {
	dst = append(dst, '"')
	dst = base64.StdEncoding.AppendEncode(dst, raw)
	return append(dst, '"')
}

// dateTime is the length of 2006-01-02 15:04:05.
const dateTime = len(time.DateTime)

// appendTimestamptz appends 2006-01-02 15:04:05.999999+00 in RFC 3339. What RFC 3339 cannot say (years before 1 and
// beyond 9999, infinity) is left in PostgreSQL's words.
func appendTimestamptz(dst, text []byte) ([]byte, error) {
	if len(text) < dateTime || text[10] != ' ' || bytes.HasSuffix(text, []byte("BC")) {
		return appendPlain(dst, text), nil
	}
	local, utc := bytes.CutSuffix(text, []byte("+00"))
	if !utc {
		return appendZoned(dst, text), nil
	}
	dst = append(dst, '"')
	dst = append(dst, local[:10]...)
	dst = append(dst, 'T')
	dst = append(dst, local[11:]...)
	return append(dst, 'Z', '"'), nil
}

// appendZoned is for connections on which something has set another time zone.
func appendZoned(dst, text []byte) []byte {
	for _, layout := range []string{"2006-01-02 15:04:05.999999Z07", "2006-01-02 15:04:05.999999Z07:00", "2006-01-02 15:04:05.999999Z07:00:00"} {
		if at, err := time.Parse(layout, string(text)); err == nil {
			return append(at.UTC().AppendFormat(append(dst, '"'), time.RFC3339Nano), '"')
		}
	}
	return appendPlain(dst, text)
}

func appendTimestamp(dst, text []byte) ([]byte, error) {
	if len(text) < dateTime || text[10] != ' ' || bytes.HasSuffix(text, []byte("BC")) {
		return appendPlain(dst, text), nil
	}
	dst = append(dst, '"')
	dst = append(dst, text[:10]...)
	dst = append(dst, 'T')
	dst = append(dst, text[11:]...)
	return append(dst, '"'), nil
}
