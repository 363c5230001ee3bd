package outputschema

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/loaderline/loaderline/internal/lookupext"
)

// kinds are the types that a file can name.
var kinds = map[string]lookupext.ColumnKind{
	"boolean": lookupext.Boolean, "integer": lookupext.Integer, "bigint": lookupext.Bigint, "decimal": lookupext.Numeric, "real": lookupext.Real,
	"double": lookupext.Double, "text": lookupext.Text, "uuid": lookupext.UUID, "bytes": lookupext.Bytes, "date": lookupext.Date,
	"time": lookupext.Time, "timestamp": lookupext.Timestamp, "timestamptz": lookupext.Timestamptz, "json": lookupext.JSON,
}

// typeWords lists them for errors.
const typeWords = "boolean, integer, bigint, decimal(12,2), real, double, text, uuid, bytes, date, time, timestamp, timestamptz, json, and lists of them such as text[]"

var decimal = regexp.MustCompile(`^decimal\s*\(\s*([0-9]{1,4})\s*(?:,\s*([0-9]{1,4})\s*)?\)$`)

// ParseType reads a type as a file has it.
func ParseType(text string) (lookupext.ColumnType, error) {
	text = strings.TrimSpace(text)
	if item, list := strings.CutSuffix(text, "[]"); list {
		of, err := ParseType(item)
		return lookupext.ColumnType{Kind: lookupext.Array, Item: &of, Declared: text}, err
	}
	made := lookupext.ColumnType{Kind: kinds[text], Declared: text}
	if found := decimal.FindStringSubmatch(text); found != nil {
		made.Kind = lookupext.Numeric
		made.Precision, _ = strconv.Atoi(found[1])
		made.Scale, _ = strconv.Atoi(found[2])
		if made.Precision == 0 || made.Scale > made.Precision {
			return made, fmt.Errorf("%s has more digits behind the point than in all; write the number of all digits first, as in decimal(12,2)", text)
		}
	}
	if made.Kind == lookupext.UnknownKind {
		return made, fmt.Errorf("%q is no type; the types are %s", text, typeWords)
	}
	return made, nil
}
