package sqllookup

import (
	"bytes"
	"database/sql"
	"errors"
	"strconv"

	"github.com/loaderline/loaderline/internal/lookupkey"
)

// appendMySQL appends as JSON a value that is not NULL: numbers as text, everything else as the server sent it.
type appendMySQL func(dst, text []byte) ([]byte, error)

// mysqlRow is one row. Its values are the driver's memory, and change with the next row.
type mysqlRow struct {
	values  []sql.RawBytes
	targets []any // pointers to values
	cells   []appendMySQL
}

func newMySQLRow(cells []appendMySQL) *mysqlRow {
	r := &mysqlRow{values: make([]sql.RawBytes, len(cells)), targets: make([]any, len(cells)), cells: cells}
	for i := range r.values {
		r.targets[i] = &r.values[i]
	}
	return r
}

func (r *mysqlRow) appendCell(dst []byte, column int) ([]byte, error) {
	v := r.values[column]
	if v == nil {
		return append(dst, "null"...), nil
	}
	return r.cells[column](dst, v)
}

// mysqlCell is how values of a type, in the driver's words, become JSON. What is not known is text.
func mysqlCell(declared string, isJSON bool) appendMySQL {
	switch declared {
	case "TINYINT", "UNSIGNED TINYINT", "SMALLINT", "UNSIGNED SMALLINT", "MEDIUMINT", "UNSIGNED MEDIUMINT",
		"INT", "UNSIGNED INT", "BIGINT", "UNSIGNED BIGINT", "YEAR", "FLOAT", "DOUBLE":
		return appendAsIs
	case "DECIMAL":
		return appendZeroFilled
	case "BIT":
		return appendBits
	case "BINARY", "VARBINARY", "BLOB", "TINYBLOB", "MEDIUMBLOB", "LONGBLOB", "GEOMETRY", "VECTOR":
		return func(dst, raw []byte) ([]byte, error) { return appendBase64(dst, raw), nil }
	case "JSON":
		return appendJSON
	case "TIMESTAMP":
		return func(dst, text []byte) ([]byte, error) { return appendMoment(dst, text, "Z"), nil }
	case "DATETIME":
		return func(dst, text []byte) ([]byte, error) { return appendMoment(dst, text, ""), nil }
	}
	if isJSON {
		return appendMaybeJSON
	}
	return appendText
}

// appendZeroFilled appends a decimal without the zeros that ZEROFILL puts before it.
func appendZeroFilled(dst, text []byte) ([]byte, error) {
	for len(text) > 1 && text[0] == '0' && isDigit(text[1]) {
		text = text[1:]
	}
	return append(dst, text...), nil
}

// appendBits appends BIT(n), n at most 64, as the number that it is.
func appendBits(dst, raw []byte) ([]byte, error) {
	var n uint64
	for _, b := range raw {
		n = n<<8 | uint64(b)
	}
	return strconv.AppendUint(dst, n, 10), nil
}

// appendMaybeJSON appends what is JSON as appendUncheckedJSON does, and the rest as text: a check can be switched off.
func appendMaybeJSON(dst, text []byte) ([]byte, error) {
	err := checkJSON(text)
	if wrong, ok := errors.AsType[*jsonError](err); ok && !wrong.syntax.IsJSON() {
		return appendText(dst, text)
	}
	if err != nil {
		return dst, err
	}
	return appendCompact(dst, text), nil
}

// appendMoment appends 2006-01-02 15:04:05.999999 with a T, and a zone after it. A date that no calendar has (2024-00-00)
// is left in MySQL's words.
func appendMoment(dst, text []byte, zone string) []byte {
	if len(text) < dateTime || text[10] != ' ' || bytes.Equal(text[5:7], []byte("00")) || bytes.Equal(text[8:10], []byte("00")) {
		return lookupkey.AppendString(dst, text)
	}
	dst = append(dst, '"')
	dst = append(dst, text[:10]...)
	dst = append(dst, 'T')
	dst = append(dst, text[11:]...)
	dst = append(dst, zone...)
	return append(dst, '"')
}
