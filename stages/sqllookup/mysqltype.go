package sqllookup

import "github.com/loaderline/loaderline/internal/lookupkey"

// mysqlKeyType is the type of keys for a column of a type, in the driver's words. Text is what its collation makes it.
func mysqlKeyType(declared string) (lookupkey.Type, bool) {
	switch declared {
	case "TINYINT", "UNSIGNED TINYINT", "SMALLINT", "YEAR":
		return lookupkey.Smallint, true
	case "UNSIGNED SMALLINT", "MEDIUMINT", "UNSIGNED MEDIUMINT", "INT":
		return lookupkey.Integer, true
	case "UNSIGNED INT", "BIGINT":
		return lookupkey.Bigint, true
	case "UNSIGNED BIGINT", "DECIMAL", "FLOAT", "DOUBLE":
		return lookupkey.Numeric, true
	case "CHAR", "VARCHAR", "TEXT", "TINYTEXT", "MEDIUMTEXT", "LONGTEXT", "ENUM", "SET", "TIME":
		return lookupkey.Text, true
	case "TIMESTAMP":
		return lookupkey.Timestamptz, true
	case "DATETIME":
		return lookupkey.Timestamp, true
	case "DATE":
		return lookupkey.Date, true
	}
	return lookupkey.Any, false
}
