package sqllookup

import (
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/loaderline/loaderline/internal/lookupkey"
)

// sqliteRow is one row as the driver scans it: a value is what it is stored as.
type sqliteRow struct {
	values  []any
	targets []any // pointers to values
	types   []string
}

func newSQLiteRow(types []string) *sqliteRow {
	r := &sqliteRow{values: make([]any, len(types)), targets: make([]any, len(types)), types: types}
	for i := range r.values {
		r.targets[i] = &r.values[i]
	}
	return r
}

func (r *sqliteRow) appendCell(dst []byte, column int) ([]byte, error) {
	switch v := r.values[column].(type) {
	case nil:
		return append(dst, "null"...), nil
	case int64:
		if (v == 0 || v == 1) && isBoolean(r.types[column]) {
			return strconv.AppendBool(dst, v == 1), nil
		}
		return strconv.AppendInt(dst, v, 10), nil
	case float64:
		return appendFloat(dst, v), nil
	case string:
		if !utf8.ValidString(v) {
			return dst, errNotUTF8
		}
		if r.types[column] == "JSON" {
			return appendMaybeJSON(dst, []byte(v))
		}
		return lookupkey.AppendString(dst, v), nil
	case []byte:
		return appendBase64(dst, v), nil
	case bool:
		return strconv.AppendBool(dst, v), nil
	case time.Time:
		return append(v.AppendFormat(append(dst, '"'), time.RFC3339Nano), '"'), nil
	default:
		return dst, fmt.Errorf("the driver answers %T, which has no JSON", v)
	}
}

func isBoolean(declared string) bool { return declared == "BOOLEAN" || declared == "BOOL" }

// appendFloat appends the shortest number that is read as the same float. SQLite stores no NaN.
func appendFloat(dst []byte, v float64) []byte {
	switch {
	case math.IsInf(v, 1):
		return append(dst, `"Infinity"`...)
	case math.IsInf(v, -1):
		return append(dst, `"-Infinity"`...)
	}
	format := byte('f')
	if abs := math.Abs(v); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(dst, v, format, -1, 64)
}
