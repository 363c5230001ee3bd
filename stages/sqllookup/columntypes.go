package sqllookup

import (
	"database/sql"
	"strconv"
	"strings"

	"github.com/loaderline/loaderline/internal/lookupext"
)

// pgColumnKinds are the kinds of PostgreSQL's types. What is not among them is text, as cellOf has it.
var pgColumnKinds = map[uint32]lookupext.ColumnKind{
	oidInt2: lookupext.Integer, oidInt4: lookupext.Integer, oidInt8: lookupext.Bigint, oidOID: lookupext.Bigint,
	oidNumeric: lookupext.Numeric, oidFloat4: lookupext.Real, oidFloat8: lookupext.Double, oidBool: lookupext.Boolean,
	oidJSON: lookupext.JSON, oidJSONB: lookupext.JSON, oidBytea: lookupext.Bytes, oidUUID: lookupext.UUID,
	oidTimestamptz: lookupext.Timestamptz, oidTimestamp: lookupext.Timestamp, oidDate: lookupext.Date, oidTime: lookupext.Time,
}

// columnType is the type of a column, which learn was asked for. The modifier of an array is that of its elements.
func (p *postgres) columnType(oid uint32, modifier int32) lookupext.ColumnType {
	oid, t, _ := p.known(oid)
	if t.element != 0 {
		item := p.columnType(t.element, modifier)
		return lookupext.ColumnType{Kind: lookupext.Array, Item: &item, Declared: item.Declared + "[]"}
	}
	made := lookupext.ColumnType{Kind: lookupext.Text, Declared: t.name}
	if kind, is := pgColumnKinds[oid]; is {
		made.Kind = kind
	}
	if made.Kind == lookupext.Numeric {
		made.Precision, made.Scale = pgNumeric(modifier)
	}
	return made
}

// pgNumeric reads a type modifier of numeric: a precision of 16 bits and a signed scale of 11 bits, and 4 added to both together. The scale
// may be negative, or larger than the precision; the digits that such a number can have are then counted as if it were not.
func pgNumeric(modifier int32) (precision, scale int) {
	const added, signBit = 4, 1 << 10
	if modifier < added {
		return 0, 0
	}
	modifier -= added
	precision, scale = int(modifier>>16)&0xffff, (int(modifier)&0x7ff^signBit)-signBit
	if scale < 0 {
		return precision - scale, 0
	}
	return max(precision, scale), scale
}

// mysqlColumnKinds are the kinds of MySQL's types, in the driver's words. What is not among them is text, as mysqlCell has it: so is TIME,
// which is a duration.
var mysqlColumnKinds = map[string]lookupext.ColumnKind{
	"TINYINT": lookupext.Integer, "UNSIGNED TINYINT": lookupext.Integer, "SMALLINT": lookupext.Integer, "UNSIGNED SMALLINT": lookupext.Integer,
	"MEDIUMINT": lookupext.Integer, "UNSIGNED MEDIUMINT": lookupext.Integer, "INT": lookupext.Integer, "YEAR": lookupext.Integer,
	"UNSIGNED INT": lookupext.Bigint, "BIGINT": lookupext.Bigint, "UNSIGNED BIGINT": lookupext.Numeric, "BIT": lookupext.Numeric,
	"FLOAT": lookupext.Real, "DOUBLE": lookupext.Double, "DECIMAL": lookupext.Numeric, "JSON": lookupext.JSON,
	"BINARY": lookupext.Bytes, "VARBINARY": lookupext.Bytes, "BLOB": lookupext.Bytes, "TINYBLOB": lookupext.Bytes, "MEDIUMBLOB": lookupext.Bytes,
	"LONGBLOB": lookupext.Bytes, "GEOMETRY": lookupext.Bytes, "VECTOR": lookupext.Bytes,
	"DATE": lookupext.Date, "DATETIME": lookupext.Timestamp, "TIMESTAMP": lookupext.Timestamptz,
}

// unsignedDigits are those of the largest integer of 64 bits.
const unsignedDigits = 20

// mysqlColumnType is the type of a column. The driver does not tell whether a decimal is unsigned, and counts a digit too few if it is.
func mysqlColumnType(c *sql.ColumnType, isJSON bool) lookupext.ColumnType {
	declared := c.DatabaseTypeName()
	made := lookupext.ColumnType{Kind: lookupext.Text, Declared: strings.ToLower(declared)}
	if kind, is := mysqlColumnKinds[declared]; is {
		made.Kind = kind
	}
	switch {
	case isJSON:
		made.Kind = lookupext.JSON
	case declared == "DECIMAL":
		if precision, scale, is := c.DecimalSize(); is {
			made.Precision, made.Scale = int(precision), int(scale)
		}
	case made.Kind == lookupext.Numeric:
		made.Precision = unsignedDigits
	}
	return made
}

// sqliteColumnType is the type that a column is declared as, in upper case. SQLite stores any value in any column, so that a value can be of
// another type. Dates are stored as text or as a number, and expressions are not declared.
func sqliteColumnType(declared string) lookupext.ColumnType {
	name, size, _ := strings.Cut(declared, "(")
	made := lookupext.ColumnType{Declared: strings.ToLower(declared)}
	switch name = strings.TrimSpace(name); {
	case isBoolean(name):
		made.Kind = lookupext.Boolean
	case name == "JSON":
		made.Kind = lookupext.JSON
	case name == "UUID":
		made.Kind = lookupext.UUID
	case name == "NUMERIC", name == "DECIMAL":
		made.Kind = lookupext.Numeric
		made.Precision, made.Scale = decimalSize(size)
	case strings.Contains(name, "INT"):
		made.Kind = lookupext.Bigint
	case strings.Contains(name, "CHAR"), strings.Contains(name, "CLOB"), strings.Contains(name, "TEXT"):
		made.Kind = lookupext.Text
	case strings.Contains(name, "BLOB"):
		made.Kind = lookupext.Bytes
	case strings.Contains(name, "REAL"), strings.Contains(name, "FLOAT"), strings.Contains(name, "DOUBLE"):
		made.Kind = lookupext.Double
	}
	return made
}

// decimalSize reads what stands behind the opening parenthesis of a declaration: 12,2) or 12). Anything else is no bound.
func decimalSize(text string) (precision, scale int) {
	first, second, _ := strings.Cut(strings.TrimSuffix(strings.TrimSpace(text), ")"), ",")
	precision, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil || precision < 1 {
		return 0, 0
	}
	scale, err = strconv.Atoi(strings.TrimSpace(second))
	if second != "" && (err != nil || scale < 0 || scale > precision) {
		return 0, 0
	}
	return precision, scale
}
